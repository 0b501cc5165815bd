import type { HandledMessage } from '../core/message-context.js';
import { isPromiseLike } from '../core/run-handler.js';
import { findRecord, type ParamReader, type ParamRecord } from '../decorators/controller-record.js';
import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { ControllerType } from '../ports/resolver.js';
import type { Method } from './class-record.js';

/** What a handler is called with where no decorator says more: the message, and the NSConn. */
const UNDECORATED: readonly ParamReader[] = [
  { needs: 'message', read: (msg) => msg },
  { needs: 'message', read: (_, ns) => ns },
];

/** Reads what a method is called with, or a promise of it where one of its parameters takes time. */
export type ReadArguments = (msg: HandledMessage, ns: NSConn) => unknown[] | Promise<unknown[]>;

/**
 * Looks, at start, at the parameters of a handler. `undefined` where none is decorated: it is called with the message and the
 * NSConn.
 *
 * @throws {HANDLER_PARAMETER} when nothing would be given to a parameter, or two decorators stand on it
 */
export function argumentsOf(controller: ControllerType, name: string, method: Method): ReadArguments | undefined {
  const origin = `${controller.name}.${name}`;
  const params = paramsOf(controller, name);
  const decorated = readersOf(origin, params);
  const count = Math.max(method.length, ...params.map(({ index }) => index + 1));
  const readers = Array.from({ length: Math.max(count, UNDECORATED.length) }, (_, index) => {
    const reader = decorated.get(index) ?? UNDECORATED[index];
    if (reader) return reader;
    const reason =
      'gets nothing: a handler is called with the message and the NSConn. ' +
      'Put a decorator on it (@Body(), @Conn(), …), give it a default value behind all others, or remove it.';
    throw new WsError('HANDLER_PARAMETER', { method: origin, parameter: index + 1, reason });
  });
  return params.length === 0 ? undefined : (msg, ns) => readAll(readers, msg, ns);
}

/** What was recorded of the method where it is written. Whoever overrides a method says anew what it is called with. */
function paramsOf({ prototype }: ControllerType, name: string): ParamRecord[] {
  let owner = prototype as object; // typed as any
  while (!Object.hasOwn(owner, name)) owner = Object.getPrototypeOf(owner) as object; // typed as any; the method was found there
  return findRecord(owner.constructor)?.params.filter(({ method }) => method === name) ?? [];
}

function readersOf(origin: string, params: readonly ParamRecord[]): Map<number, ParamReader> {
  const readers = new Map<number, ParamReader>();
  for (const { index, reader } of params) {
    if (readers.has(index)) {
      const reason = 'has two decorators that say what it gets. Keep one of them.';
      throw new WsError('HANDLER_PARAMETER', { method: origin, parameter: index + 1, reason });
    }
    readers.set(index, reader);
  }
  return readers;
}

function readAll(readers: readonly ParamReader[], msg: HandledMessage, ns: NSConn): unknown[] | Promise<unknown[]> {
  const values: unknown[] = [];
  let takesTime = false;
  try {
    for (const reader of readers) {
      const value = reader.needs === 'context' ? reader.read(msg.contextIn(ns)) : reader.read(msg, ns);
      takesTime ||= isPromiseLike(value);
      values.push(value);
    }
  } catch (error) {
    // What the readers before it have begun may fail, too, and nobody would hear of that.
    void Promise.allSettled(values);
    throw error;
  }
  return takesTime ? Promise.all(values) : values;
}
