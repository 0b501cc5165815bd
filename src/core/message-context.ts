import type { Conn, NSConn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Message } from '../ports/message.js';
import type { MessageContext } from '../ports/middleware.js';
import { SystemEvent } from '../protocol/event-names.js';

/** No peer can send these as events: their names belong to the protocol. */
const KIND_OF_LIFECYCLE: ReadonlyMap<string, 'namespace' | 'room'> = new Map([
  [SystemEvent.NamespaceConnect, 'namespace'],
  [SystemEvent.NamespaceConnected, 'namespace'],
  [SystemEvent.NamespaceDisconnect, 'namespace'],
  [SystemEvent.RoomJoin, 'room'],
  [SystemEvent.RoomJoined, 'room'],
  [SystemEvent.RoomLeave, 'room'],
  [SystemEvent.RoomLeft, 'room'],
]);

/**
 * What its sender has said of a body: that it is JSON; that it is not, but the text or the bytes themselves; or nothing, as
 * those who speak neffos's protocol and no more.
 */
export type BodyMark = 'json' | 'plain' | 'none';

/** A message on its way through a handler. All that stands around the handler, or reads for it, shares its one context. */
export interface HandledMessage extends Message {
  readonly mark: BodyMark;
  /** None until somebody needs it. */
  readonly context: LiveMessageContext | undefined;
  /** Made on first use: most messages have no use for one. */
  contextIn(ns: NSConn): LiveMessageContext;
  /** Whether its handler has been given up because it took too long: what has not begun by now does not begin. */
  readonly isGivenUp: boolean;
  /** Aborts its signal, once. */
  expire(reason?: unknown): void;
}

/** What middleware and parameter decorators are given for one message. */
export class LiveMessageContext implements MessageContext {
  readonly message: HandledMessage;
  readonly ns: NSConn;
  body: unknown;
  #state: Map<unknown, unknown> | undefined;

  constructor(message: HandledMessage, ns: NSConn) {
    this.message = message;
    this.ns = ns;
    this.body = message.body;
  }

  get kind(): MessageContext['kind'] {
    const { isNative, isAsk, event } = this.message;
    if (isNative) return 'native';
    return KIND_OF_LIFECYCLE.get(event) ?? (isAsk ? 'ask' : 'event');
  }

  get conn(): Conn {
    return this.ns.conn;
  }

  get request(): ConnRequest {
    return this.ns.conn.request;
  }

  get namespace(): string {
    return this.message.namespace;
  }

  get room(): string {
    return this.message.room;
  }

  get event(): string {
    return this.message.event;
  }

  get signal(): AbortSignal {
    return this.message.signal;
  }

  abort(reason?: unknown): void {
    this.message.expire(reason);
  }

  get state(): Map<unknown, unknown> {
    this.#state ??= new Map();
    return this.#state;
  }
}
