import type { Adapter } from '../../ports/adapter.js';
import { BrokerAdapter } from '../broker/broker-adapter.js';
import { NatsBroker } from './nats-broker.js';
import { connectionOptions, type NatsAdapterOptions } from './nats-options.js';

/**
 * Connects servers over NATS, by what they publish and subscribe to: JetStream is not needed. One connection for each server,
 * however many clients it has; it is kept for ever.
 *
 * A user of NATS needs the permission to publish and to subscribe to `<app>.>`. A message that is larger than the `max_payload` of
 * the NATS server is sent in parts.
 *
 * ```ts
 * await app.register(nefeli, { controllers, adapter: natsAdapter({ app: 'chat', servers: 'nats://127.0.0.1:4222' }) });
 * ```
 *
 * @throws {OPTION_INVALID}
 */
export function natsAdapter(options: NatsAdapterOptions): Adapter {
  return new BrokerAdapter(new NatsBroker(connectionOptions(options)), options);
}
