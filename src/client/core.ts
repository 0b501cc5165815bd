import type { ClientMessage } from './client-message.js';
import type { DialledConn, DialledNSConn, Handlers, Listener } from './dialled.js';
import type { HandlerQueue } from './handler-queue.js';
import type { Link } from './link.js';
import type { Outbox } from './outbox.js';
import type { Circumstances } from './read-message.js';
import type { Incoming, Target } from './wire.js';

/** What is to be known of a lifecycle event. */
export type About = Partial<Incoming> & Circumstances;

/** A connection, as its parts see it. */
export interface Core
  extends Pick<Link, 'giveUp' | 'transmit'>,
    Pick<HandlerQueue, 'push' | 'run' | 'wake'>,
    Pick<Outbox, 'ask' | 'asks' | 'say'> {
  readonly conn: DialledConn;
  /** How the connection was lost the last time: another one each time, so that what belongs to another connection is told apart. */
  loss: unknown;
  /** The handlers that the page has given, by namespace, and by event as it is written. */
  readonly handlers: ReadonlyMap<string, Handlers>;
  /** Calls a handler, and waits for it no longer than it may take. */
  call(listener: Listener, msg: ClientMessage, ns: DialledNSConn): Promise<unknown>;
  report(error: unknown, target: Target): void;
}

/** Something to be told when its turn has come. It must not throw or reject. */
export type Telling = () => unknown;
