import { Conn as PortConn } from '../ports/conn.js';
import { connectionValue } from './connection-value.js';
import type { ParamDecorator } from './param-decorator.js';

/**
 * The connection, in three ways: as a type, injected with `@inject(Conn)`, and given to a parameter of a handler with
 * `@Conn()`. Made by a server or by dialling, never by `new`.
 */
export const Conn: typeof PortConn & (() => ParamDecorator) = connectionValue(PortConn, (conn) => conn);

/** One connection, seen from one of its ends. */
export type Conn = PortConn;
