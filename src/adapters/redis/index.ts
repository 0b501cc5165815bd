export type { BrokerAdapterOptions } from '../broker/broker-options.js';
export type { WireOptions } from '../neffos/wire-options.js';
export { redisAdapter } from './redis-adapter.js';
export type { RedisAdapterOptions } from './redis-options.js';
