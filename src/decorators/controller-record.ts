import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { MessageContext, Use } from '../ports/middleware.js';

import type { NamespaceOptions } from '../ports/namespace-options.js';

import type { StandardSchemaV1 } from '../ports/schema.js';

/** A method that a decorator has named an event of. */
export interface EventRecord {
  readonly method: string;
  readonly event: string;
  readonly schemas?: EventSchemas;
}

/** How the body of an event, and the reply to it, are checked. */
export interface EventSchemas {
  readonly body?: StandardSchemaV1;
  readonly reply?: StandardSchemaV1;
  /**
   * What the schema of the body is given: the body read as JSON, as text, or as bytes. Of a client that marks JSON only what is
   * marked is read as JSON; else it is the text or the bytes that came. @default 'json'
   */
  readonly as?: 'json' | 'text' | 'bytes';
}

/** A parameter of a method that a decorator has said the value of. */
export interface ParamRecord {
  readonly method: string;
  readonly index: number;
  readonly reader: ParamReader;
}

/** How the value of a parameter is read. What needs no context costs none. */
export type ParamReader =
  | { readonly needs: 'message'; readonly read: (msg: Message, ns: NSConn) => unknown }
  | { readonly needs: 'context'; readonly read: (ctx: MessageContext) => unknown }
  | { readonly needs: 'service'; readonly token: unknown };

/** What the decorators have recorded of one class, its bases not included. */
export interface ControllerRecord {
  namespace?: string;
  options?: NamespaceOptions;
  readonly events: EventRecord[];
  readonly params: ParamRecord[];
  /** In the order in which they are written, the outermost first. */
  readonly middleware: Use[];
  readonly middlewareOf: Map<string, Use[]>;
}

/** Where the record of a class is kept. In the global registry, so that two copies of this package read each other's. */
const RECORD = Symbol.for('nefeli:controller');

interface Recorded {
  [RECORD]?: ControllerRecord;
}

const emptyRecord = (): ControllerRecord => ({ events: [], params: [], middleware: [], middlewareOf: new Map() });

/** The record of a class itself; an empty one is made where there is none. */
export function recordOf(controller: object): ControllerRecord {
  if (!Object.hasOwn(controller, RECORD)) {
    Object.defineProperty(controller, RECORD, { value: emptyRecord(), enumerable: false });
  }
  return (controller as Recorded)[RECORD] ?? emptyRecord();
}

/** The record of a class itself, if it has one. */
export function findRecord(controller: object): ControllerRecord | undefined {
  return Object.hasOwn(controller, RECORD) ? (controller as Recorded)[RECORD] : undefined;
}
