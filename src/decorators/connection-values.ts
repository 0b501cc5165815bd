import { WsError } from '../errors.js';
import type { Conn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger as PortLogger } from '../ports/logger.js';
import { type ConnectionValue, connectionValue, tokenNamed } from './connection-value.js';

/** The request of the upgrade, as `conn.request`: `@inject(Request)` in a constructor, `@Request()` in a handler. */
export const Request: ConnectionValue<ConnRequest> = connectionValue(
  tokenNamed<ConnRequest>('Request'),
  (conn) => conn.request,
);

/** The request of the upgrade. */
export type Request = ConnRequest;

/**
 * Who is behind the connection, as `conn.user`: `@inject(CurrentUser)` in a constructor, `@CurrentUser()` in a handler.
 * `undefined` where the route's hooks have set nobody: a guard is what refuses.
 */
export const CurrentUser: ConnectionValue<unknown> = connectionValue(tokenNamed('CurrentUser'), (conn) => conn.user);

/**
 * The session of the request: `@inject(CurrentSession)` in a constructor, `@CurrentSession()` in a handler. It is as it was
 * at the upgrade: what changes in it later, nobody saves by itself.
 *
 * @throws {SESSION_MISSING} when the request has none: to a constructor, that refuses the namespace
 */
export const CurrentSession: ConnectionValue<unknown> = connectionValue(tokenNamed('CurrentSession'), sessionOf);

/** The logger of the connection, as `conn.log`: `@inject(Logger)` in a constructor, `@Logger()` in a handler. */
export const Logger: ConnectionValue<PortLogger> = connectionValue(
  tokenNamed<PortLogger>('Logger'),
  (conn) => conn.log,
);

/** Where Nefeli reports what nobody waits for: pino's order of arguments, so that a Fastify logger fits as it is. */
export type Logger = PortLogger;

function sessionOf({ request }: Conn): unknown {
  const { session } = request as { readonly session?: unknown }; // added to the request by whichever plugin there is
  if (session === undefined || session === null) throw new WsError('SESSION_MISSING', {});
  return session;
}
