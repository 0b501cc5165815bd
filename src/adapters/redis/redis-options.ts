import { Cluster, Redis, type RedisOptions } from 'ioredis';
import { WsError } from '../../errors.js';
import type { BrokerAdapterOptions } from '../broker/broker-options.js';
import type { WireOptions } from '../neffos/wire-options.js';

/** Where Redis is, or Valkey: one of `url`, `nodes`, `client`, or `redis` alone. */
export interface RedisAdapterOptions extends BrokerAdapterOptions, WireOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` for TLS. */
  readonly url?: string;
  /**
   * Addresses of nodes that pass on to each other what is published, as those of a Redis Cluster do: URLs, as above. Both
   * connections are made to one of them, and to the next one where that fails.
   */
  readonly nodes?: readonly string[];
  /** A client that the application has: where it connects to, and as whom, is taken from it. It is not used itself, nor closed. */
  readonly client?: Redis | Cluster;
  /**
   * More about the connections, or all of it: `{ host, port }`, `{ sentinels: [{ host, port }], name: 'mymaster' }`, `tls`, `username`,
   * `password`. What is said about reconnecting and queues has no effect.
   */
  readonly redis?: RedisOptions;
}

/** What makes a client for one life: it neither connects anew nor keeps anything, for that is done above. */
const ONE_LIFE: RedisOptions = {
  lazyConnect: true,
  retryStrategy: null,
  sentinelRetryStrategy: () => null,
  reconnectOnError: null,
  maxRetriesPerRequest: null,
  enableOfflineQueue: false,
  enableReadyCheck: false,
  enableAutoPipelining: false,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  disableClientInfo: true,
  readOnly: false,
  keyPrefix: '',
  protocol: 2,
};

/** Less than all attempts may take together: a node that does not answer leaves time for the next one. ioredis has 10 s. */
const CONNECT_TIMEOUT_MS = 2_000;

/** One life of whatever is said about the connections. */
const oneLife = (redis: RedisOptions): RedisOptions & { replyMapping: 'legacy' } => ({
  connectTimeout: CONNECT_TIMEOUT_MS,
  ...redis,
  ...ONE_LIFE,
  replyMapping: 'legacy',
});

/** Makes a client for one address. */
export type MakeClient = () => Redis;

/**
 * Makers of clients, one for each address that is given.
 *
 * @throws {OPTION_INVALID}
 */
export function clientMakers({ url, nodes, client, redis = {} }: RedisAdapterOptions): readonly MakeClient[] {
  const given = [url, nodes, client].filter((way) => way !== undefined).length;
  if (given > 1 || (given === 0 && Object.keys(redis).length === 0) || nodes?.length === 0) {
    // The values may hold a password, and are not shown.
    const option = 'url, nodes, client or redis of redisAdapter';
    const value = given > 1 ? 'several of them' : 'none of them';
    throw new WsError('OPTION_INVALID', { option, value, expected: 'one of them, to say where Redis is' });
  }
  if (client) return [() => duplicate(client, redis)];
  const urls = nodes ?? (url === undefined ? [] : [url]);
  for (const each of urls) checkUrl(each);
  if (urls.length === 0) return [() => new Redis(oneLife(redis))];
  return urls.map((each) => () => new Redis(each, oneLife(redis)));
}

function checkUrl(url: unknown): void {
  if (typeof url === 'string' && URL.canParse(url) && /^(rediss?|unix):/.test(url)) return;
  const expected = 'a URL such as redis://127.0.0.1:6379';
  throw new WsError('OPTION_INVALID', { option: 'url of redisAdapter', value: 'something else', expected });
}

/** A client like another one. Of a cluster: like one for any of its nodes that is known at this moment. */
function duplicate(client: Redis | Cluster, redis: RedisOptions): Redis {
  if (client instanceof Redis) return client.duplicate(oneLife(redis));
  const nodes = client.nodes('all');
  const node = nodes[Math.floor(Math.random() * nodes.length)];
  if (!node) throw new Error('the client of the cluster knows no node yet');
  return new Redis({ ...node.options, ...oneLife(redis) });
}
