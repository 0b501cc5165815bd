import { Conn } from '../decorators/conn.js';
import { type ConnectionValue, readConnectionValue, type Token } from '../decorators/connection-value.js';
import { CurrentSession, CurrentUser, Logger, Request } from '../decorators/connection-values.js';
import type { Conn as PortConn } from '../ports/conn.js';

/** Something of a connection that can be injected, and where it comes from. */
interface InjectedValue {
  readonly token: Token;
  readonly read: (conn: PortConn) => unknown;
}

const VALUES: readonly ConnectionValue<unknown>[] = [Conn, Request, CurrentUser, CurrentSession, Logger];

/** All that can be injected of a connection, whatever the namespace. */
export const CONNECTION_VALUES: readonly InjectedValue[] = VALUES.map((token) => ({
  token,
  read: (conn) => readConnectionValue(token, conn),
}));
