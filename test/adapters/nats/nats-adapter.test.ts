import { afterAll, beforeAll, describe } from 'vitest';
import { natsAdapter } from '../../../src/adapters/nats/index.js';
import { adapterContract } from '../../contract/adapter.contract.js';
import { BrokerProcess, whyNoBroker } from '../../support/broker-process.js';

const missing = whyNoBroker('nats');

describe.skipIf(missing !== undefined)(missing ? `NATS (skipped: ${missing})` : 'over a real NATS', () => {
  let nats: BrokerProcess;
  let runs = 0;

  beforeAll(async () => {
    nats = await BrokerProcess.start('nats');
  });

  afterAll(() => nats.stop());

  adapterContract({
    name: 'natsAdapter',
    create: async () => {
      const app = `contract-${++runs}`;
      const servers = `nats://127.0.0.1:${nats.port}`;
      return { adapters: [1, 2, 3].map(() => natsAdapter({ app, servers })), dispose: async () => {} };
    },
  });
});
