import { WsError } from '../errors.js';
import type { Conn, NSConn } from '../ports/conn.js';
import type { Body } from '../protocol/message.js';
import { parseJson } from './body.js';
import { type BodyMark, type HandledMessage, LiveMessageContext } from './message-context.js';

interface MessageFields {
  readonly namespace: string;
  readonly room?: string;
  readonly event: string;
  readonly name?: string;
  readonly body?: Body | undefined;
  /** @default 'none' */
  readonly mark?: BodyMark;
  readonly isAsk?: boolean;
  readonly isForced?: boolean | undefined;
  readonly isLocal?: boolean;
  readonly isNative?: boolean;
}

/** A message on its way through a handler. */
export class LiveMessage implements HandledMessage {
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly name: string;
  readonly body: Body;
  readonly mark: BodyMark;
  readonly isAsk: boolean;
  readonly isForced: boolean;
  readonly isLocal: boolean;
  readonly isNative: boolean;
  readonly #conn: Conn;
  #abort: AbortController | undefined;
  #expiry: { readonly reason: unknown; readonly isGivenUp: boolean } | undefined;
  #isFinished = false;
  #stopListening: (() => void) | undefined;
  #context: LiveMessageContext | undefined;

  constructor(conn: Conn, fields: MessageFields) {
    this.#conn = conn;
    this.namespace = fields.namespace;
    this.room = fields.room ?? '';
    this.event = fields.event;
    this.name = fields.name ?? fields.event;
    this.body = fields.body ?? '';
    this.mark = fields.mark ?? 'none';
    this.isAsk = fields.isAsk ?? false;
    this.isForced = fields.isForced ?? false;
    this.isLocal = fields.isLocal ?? false;
    this.isNative = fields.isNative ?? false;
  }

  get isBinary(): boolean {
    return typeof this.body !== 'string';
  }

  /**
   * Made on first use: most handlers never look at it. It listens to the connection only as long as the handler runs, so that
   * a connection of many messages does not remember them all.
   */
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#expiry) this.#abort.abort(this.#expiry.reason);
      else if (this.#conn.isClosed) this.#abort.abort(this.#conn.signal.reason);
      else if (!this.#isFinished) this.#abortOnClose(this.#abort);
    }
    return this.#abort.signal;
  }

  get isGivenUp(): boolean {
    return this.#expiry?.isGivenUp === true;
  }

  get context(): LiveMessageContext | undefined {
    return this.#context;
  }

  contextIn(ns: NSConn): LiveMessageContext {
    this.#context ??= new LiveMessageContext(this, ns);
    return this.#context;
  }

  json(): unknown {
    if (this.mark === 'json' && this.body.length === 0) return undefined; // so it is meant
    return parseJson(this.event, this.body);
  }

  /** Whoever watches `signal` is told. Where the reason is that it took too long, the handler is given up. */
  expire(reason?: unknown): void {
    const isTooLong = reason instanceof WsError && reason.code === 'HANDLER_TIMEOUT';
    this.#expiry = { reason: this.#expiry ? this.#expiry.reason : reason, isGivenUp: this.isGivenUp || isTooLong };
    this.#abort?.abort(reason);
  }

  /** The handler has taken too long, and is waited for no longer. */
  giveUp(): void {
    this.expire();
    this.#expiry = { reason: this.#expiry?.reason, isGivenUp: true };
  }

  /** The handler has ended. */
  finish(): void {
    this.#isFinished = true;
    this.#stopListening?.();
  }

  #abortOnClose(abort: AbortController): void {
    const { signal } = this.#conn;
    const onClose = (): void => abort.abort(signal.reason);
    signal.addEventListener('abort', onClose);
    this.#stopListening = () => signal.removeEventListener('abort', onClose);
  }
}
