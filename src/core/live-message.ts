import type { Conn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { Body } from '../protocol/message.js';
import { parseJson } from './body.js';

interface MessageFields {
  readonly namespace: string;
  readonly room?: string;
  readonly event: string;
  readonly name?: string;
  readonly body?: Body;
  readonly isAsk?: boolean;
  readonly isForced?: boolean;
  readonly isLocal?: boolean;
  readonly isNative?: boolean;
}

/** A message on its way through a handler. */
export class LiveMessage implements Message {
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
  readonly name: string;
  readonly body: Body;
  readonly isAsk: boolean;
  readonly isForced: boolean;
  readonly isLocal: boolean;
  readonly isNative: boolean;
  readonly #conn: Conn;
  #timeout: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #isOverdue = false;

  constructor(conn: Conn, fields: MessageFields) {
    this.#conn = conn;
    this.namespace = fields.namespace;
    this.room = fields.room ?? '';
    this.event = fields.event;
    this.name = fields.name ?? fields.event;
    this.body = fields.body ?? '';
    this.isAsk = fields.isAsk ?? false;
    this.isForced = fields.isForced ?? false;
    this.isLocal = fields.isLocal ?? false;
    this.isNative = fields.isNative ?? false;
  }

  get isBinary(): boolean {
    return typeof this.body !== 'string';
  }

  /** Made on first use: most handlers never look at it. */
  get signal(): AbortSignal {
    if (!this.#signal) {
      this.#timeout = new AbortController();
      this.#signal = AbortSignal.any([this.#conn.signal, this.#timeout.signal]);
      if (this.#isOverdue) this.#timeout.abort();
    }
    return this.#signal;
  }

  json(): unknown {
    return parseJson(this.event, this.body);
  }

  /** The handler has taken too long: whoever watches `signal` is told. */
  expire(): void {
    this.#isOverdue = true;
    this.#timeout?.abort();
  }
}
