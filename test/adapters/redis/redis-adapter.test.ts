import { afterAll, beforeAll, describe } from 'vitest';
import { redisAdapter } from '../../../src/adapters/redis/index.js';
import { adapterContract } from '../../contract/adapter.contract.js';
import { BrokerProcess, whyNoBroker } from '../../support/broker-process.js';

const missing = whyNoBroker('redis');

describe.skipIf(missing !== undefined)(missing ? `Redis (skipped: ${missing})` : 'over a real Redis', () => {
  let redis: BrokerProcess;
  let runs = 0;

  beforeAll(async () => {
    redis = await BrokerProcess.start('redis');
  });

  afterAll(() => redis.stop());

  adapterContract({
    name: 'redisAdapter',
    create: async () => {
      const app = `contract-${++runs}`;
      return { adapters: [1, 2, 3].map(() => redisAdapter({ app, url: redis.url })), dispose: async () => {} };
    },
  });
});
