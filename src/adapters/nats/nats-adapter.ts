import type { Adapter } from '../../ports/adapter.js';
import { adapterOver } from '../neffos/adapter-over.js';
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
  return adapterOver(new NatsBroker(connectionOptions(options)), options, subjectOf);
}

/** Subjects are tokens between dots; a blank ends one, and a wildcard is none. @source NATS reads lines of 4096 bytes at most */
const TOKENS = /^[^\s.*>\p{Cc}]+(\.[^\s.*>\p{Cc}]+)*$/u;
const MAX_NAME_LENGTH = 1_000;

const subjectOf = (prefix: string, name: string): string | undefined =>
  TOKENS.test(name) && name.length <= MAX_NAME_LENGTH ? `${prefix}.${name}` : undefined;
