import type { Conn } from '../ports/conn.js';
import { type ParamDecorator, paramDecorator } from './param-decorator.js';

/** A class without instances of its own, which stands for a type in a container. */
export type Token<T = unknown> = abstract new () => T;

/**
 * Something that each connection has: by its token it is injected, and called the same token is a decorator for parameters
 * of handlers.
 */
export type ConnectionValue<T> = Token<T> & (() => ParamDecorator);

/** How the value of each token is got from its connection. */
const readers = new WeakMap<object, (conn: Conn) => unknown>();

/**
 * Makes a token that is a decorator, too. It stays the class that it was: `instanceof` and the types that the compiler emits
 * for constructors go on as before.
 */
export function connectionValue<T, Type extends Token<T>>(
  type: Type,
  read: (conn: Conn) => T,
): Type & (() => ParamDecorator) {
  const { name } = type;
  const decorator = paramDecorator(
    { needs: 'message', read: (_, ns) => read(ns.conn) },
    { decorator: `@${name}()`, mending: `Write @inject(${name}) there.` },
  );
  const value = new Proxy(type, { apply: () => decorator }) as Type & (() => ParamDecorator); // the trap makes it callable
  readers.set(value, read);
  return value;
}

/** A token for what has no class of its own. */
export function tokenNamed<T>(name: string): Token<T> {
  const token: Token = class {};
  Object.defineProperty(token, 'name', { value: name });
  return token as Token<T>; // nobody makes one: the container is told what it stands for
}

/** The value that a connection has for a token. */
export function readConnectionValue(value: ConnectionValue<unknown>, conn: Conn): unknown {
  return readers.get(value)?.(conn);
}
