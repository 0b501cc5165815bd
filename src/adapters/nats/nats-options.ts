import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { WsError } from '../../errors.js';
import type { BrokerAdapterOptions } from '../broker/broker-options.js';
import type { WireOptions } from '../neffos/wire-options.js';

/** Where NATS is, and as whom it is used. */
export interface NatsAdapterOptions extends BrokerAdapterOptions, WireOptions {
  /**
   * `nats://127.0.0.1:4222`, `nats://user:password@host`, `nats://token@host`, or `tls://host` for TLS. Of several, which must be servers
   * of one cluster, each attempt to connect takes the next.
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

/** How long one attempt may take: it is given up above after the same time. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Gives, for each attempt anew, what to connect with: of several servers the next one each time.
 *
 * @throws {OPTION_INVALID}
 */
export function connectionOptions({ servers, nats = {} }: NatsAdapterOptions): () => NodeConnectionOptions {
  const given = typeof servers === 'string' ? [servers] : [...(servers ?? [])];
  const all = given.map((server) => oneServer(server, nats));
  let attempts = 0;
  const next = (): NodeConnectionOptions | undefined => all[attempts++ % all.length];
  if (all.length === 0) throw invalid('none of them');
  return () => ({ timeout: CONNECT_TIMEOUT_MS, ...nats, ...next(), ...ONE_LIFE });
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
