import type { Message } from '../ports/message.js';

/** A method that a decorator has named an event of. */
export interface EventRecord {
  readonly method: string;
  readonly event: string;
}

/** What the decorators have recorded of one class, its bases not included. */
export interface ControllerRecord {
  namespace?: string;
  readonly events: EventRecord[];
}

/** Where the record of a class is kept. In the global registry, so that two copies of this package read each other's. */
const RECORD = Symbol.for('nefeli:controller');

interface Recorded {
  [RECORD]?: ControllerRecord;
}

/** The record of a class itself; an empty one is made where there is none. */
export function recordOf(controller: object): ControllerRecord {
  if (!Object.hasOwn(controller, RECORD)) {
    Object.defineProperty(controller, RECORD, { value: { events: [] }, enumerable: false });
  }
  return (controller as Recorded)[RECORD] ?? { events: [] };
}

/** The record of a class itself, if it has one. */
export function findRecord(controller: object): ControllerRecord | undefined {
  return Object.hasOwn(controller, RECORD) ? (controller as Recorded)[RECORD] : undefined;
}

/** A method that can hear an event: called with the message, and with the NSConn as its second argument. */
// biome-ignore lint/suspicious/noExplicitAny: a handler may narrow the body of its message
export type EventMethod = (msg: Message<any>, ...rest: any[]) => unknown;
