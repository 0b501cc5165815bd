import { Cluster, Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { clientMakers, type RedisAdapterOptions } from '../../../src/adapters/redis/redis-options.js';

/** A cluster that has found one node, as nobody but ioredis knows how to. */
class OneNode extends Cluster {
  override nodes(): Redis[] {
    return [new Redis({ host: 'node', lazyConnect: true })];
  }
}

const url = 'redis://127.0.0.1:6379';

describe('clientMakers', () => {
  it.each<[string, Omit<RedisAdapterOptions, 'app'>]>([
    ['url', { url }],
    ['nodes', { nodes: [url] }],
    ['redis', { redis: { host: '127.0.0.1' } }],
    ['client', { client: new Redis({ lazyConnect: true }) }],
    ['client of a cluster', { client: new OneNode([url], { lazyConnect: true }) }],
  ])('gives up an address that does not answer after 2 s, or as the option redis says: %s', (_, options) => {
    const timeouts = [options.redis, { ...options.redis, connectTimeout: 700 }].map((redis) => {
      const [make] = clientMakers({ app: 'test', ...options, ...(redis && { redis }) });
      return make?.().options.connectTimeout;
    });

    expect(timeouts).toEqual([2_000, 700]);
  });
});
