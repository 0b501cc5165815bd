export type { BrokerAdapterOptions } from '../broker/broker-options.js';
export type { WireOptions } from '../neffos/wire-options.js';
export { natsAdapter } from './nats-adapter.js';
export type { NatsAdapterOptions } from './nats-options.js';
