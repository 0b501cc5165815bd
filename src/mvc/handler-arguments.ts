import type { HandledMessage } from '../core/message-context.js';
import { isPromiseLike } from '../core/run-handler.js';
import { findRecord, type ParamReader, type ParamRecord } from '../decorators/controller-record.js';
import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { ControllerType, MessageServices } from '../ports/resolver.js';
import type { Method } from './class-record.js';

/** What a handler is called with where no decorator says more: the message, and the NSConn. */
const UNDECORATED: readonly ParamReader[] = [
  { needs: 'message', read: (msg) => msg },
  { needs: 'message', read: (_, ns) => ns },
];

/** What a method is called with, beyond the message and the NSConn. */
export interface HandlerArguments {
  /** The services that are asked for, each once. */
  readonly services: readonly unknown[];
  /** Reads all of it, or gives a promise where a part of it takes time. `services` is there where some are asked for. */
  read(msg: HandledMessage, ns: NSConn, services?: MessageServices): unknown[] | Promise<unknown[]>;
}

/**
 * Looks, at start, at the parameters of a handler. `undefined` where none is decorated: it is called with the message and the
 * NSConn.
 *
 * @throws {HANDLER_PARAMETER} when nothing would be given to a parameter, or two decorators stand on it
 */
export function argumentsOf(controller: ControllerType, name: string, method: Method): HandlerArguments | undefined {
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
  if (params.length === 0) return undefined;
  const tokens = readers.flatMap((reader) => (reader.needs === 'service' ? [reader.token] : []));
  return { services: [...new Set(tokens)], read: (msg, ns, services) => readAll(readers, { msg, ns, services }) };
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

interface Source {
  readonly msg: HandledMessage;
  readonly ns: NSConn;
  readonly services: MessageServices | undefined;
}

function readOne(reader: ParamReader, { msg, ns, services }: Source): unknown {
  switch (reader.needs) {
    case 'message':
      return reader.read(msg, ns);
    case 'context':
      return reader.read(msg.contextIn(ns));
    case 'service':
      return services?.get(reader.token);
  }
}

function readAll(readers: readonly ParamReader[], source: Source): unknown[] | Promise<unknown[]> {
  const values: unknown[] = [];
  let takesTime = false;
  try {
    for (const reader of readers) {
      const value = readOne(reader, source);
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
