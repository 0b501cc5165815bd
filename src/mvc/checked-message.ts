import type { BodyMark, HandledMessage, LiveMessageContext } from '../core/message-context.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';

/** A message whose body has been checked: everything else is as it came. */
export class CheckedMessage<T> implements Message<T>, Omit<HandledMessage, keyof Message> {
  readonly body: T;
  readonly #message: HandledMessage;

  constructor(message: HandledMessage, body: T) {
    this.#message = message;
    this.body = body;
    if (message.context) message.context.body = body;
  }

  get context(): LiveMessageContext | undefined {
    return this.#message.context;
  }

  /** The context that the unchecked message has: middleware has seen it. */
  contextIn(ns: NSConn): LiveMessageContext {
    const context = this.#message.contextIn(ns);
    context.body = this.body;
    return context;
  }

  get mark(): BodyMark {
    return this.#message.mark;
  }

  get isGivenUp(): boolean {
    return this.#message.isGivenUp;
  }

  expire(reason?: unknown): void {
    this.#message.expire(reason);
  }

  get namespace(): string {
    return this.#message.namespace;
  }

  get room(): string {
    return this.#message.room;
  }

  get event(): string {
    return this.#message.event;
  }

  get name(): string {
    return this.#message.name;
  }

  get isBinary(): boolean {
    return this.#message.isBinary;
  }

  get isAsk(): boolean {
    return this.#message.isAsk;
  }

  get isForced(): boolean {
    return this.#message.isForced;
  }

  get isLocal(): boolean {
    return this.#message.isLocal;
  }

  get isNative(): boolean {
    return this.#message.isNative;
  }

  get signal(): AbortSignal {
    return this.#message.signal;
  }

  json(): unknown {
    return this.#message.json();
  }
}
