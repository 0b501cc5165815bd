import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { WsError } from '../../errors.js';
import type { BrokerAdapterOptions } from '../broker/broker-options.js';
import type { WireOptions } from '../neffos/wire-options.js';

/** Where NATS is, and as whom it is used. */
export interface NatsAdapterOptions extends BrokerAdapterOptions, WireOptions {
  /**
   * `nats://127.0.0.1:4222`, `nats://user:password@host`, `nats://token@host`, or `tls://host` for TLS. Of several, which must be servers
   * of one cluster, one after the other is tried.
   */
  readonly servers: string | readonly string[];
  /**
   * More about the connection, as the client takes it: `authenticator` (NKeys, JWT, credentials files), `user`, `pass`, `token`, `tls`,
   * `name`. What is said about reconnecting and echoes has no effect.
   */
  readonly nats?: Omit<NodeConnectionOptions, 'servers' | 'port'>;
}

/** What is the same for every life: it neither connects anew nor hears itself, for both is done above. */
const ONE_LIFE: NodeConnectionOptions = {
  reconnect: false,
  waitOnFirstConnect: false,
  ignoreClusterUpdates: true,
  noEcho: true,
  noAsyncTraces: true,
  pedantic: false,
  verbose: false,
};

/** How long one attempt may take at one server: whoever waits for all of them does so for 5 s. */
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * What to connect with, for each of the servers.
 *
 * @throws {OPTION_INVALID}
 */
export function connectionOptions({ servers, nats = {} }: NatsAdapterOptions): readonly NodeConnectionOptions[] {
  const given = typeof servers === 'string' ? [servers] : [...(servers ?? [])];
  if (given.length === 0) throw invalid('none of them');
  return given.map((server) => ({ timeout: CONNECT_TIMEOUT_MS, ...nats, ...oneServer(server, nats), ...ONE_LIFE }));
}

/** The client takes neither the credentials nor the scheme of an address. */
function oneServer(server: unknown, { tls }: NonNullable<NatsAdapterOptions['nats']>): NodeConnectionOptions {
  const text = typeof server === 'string' && !server.includes('://') ? `nats://${server}` : server;
  if (typeof text !== 'string' || !URL.canParse(text)) throw invalid('something else');
  const { protocol, host, username, password } = new URL(text);
  if (!['nats:', 'tls:'].includes(protocol) || host === '') throw invalid('something else');
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return {
    servers: [host],
    ...(protocol === 'tls:' && { tls: tls ?? {} }),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
  };
}

/** The values may hold a password, and are not shown. */
function invalid(value: string): WsError {
  const expected = 'one or more addresses such as nats://127.0.0.1:4222';
  return new WsError('OPTION_INVALID', { option: 'servers of natsAdapter', value, expected });
}
