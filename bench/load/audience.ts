import type { Connection } from './connection.js';

/** Connections that must get the same messages: each of them once, and nothing else. */
export class Audience {
  /** How many messages were sent to it. */
  sent = 0;
  readonly #members: readonly { readonly connection: Connection; readonly before: number }[];

  constructor(connections: readonly Connection[]) {
    this.#members = connections.map((connection) => ({ connection, before: connection.reader.messages }));
  }

  /** Whether each has got as much as was sent, or more. */
  get isComplete(): boolean {
    return this.#members.every(({ connection, before }) => connection.reader.messages - before >= this.sent);
  }

  /** @throws an Error when one has got less, or more, or something that is too short to be what was sent */
  check(): void {
    for (const { connection, before } of this.#members) {
      const { messages, short } = connection.reader;
      if (short > 0) throw new Error(`${short} messages were shorter than what was sent`);
      if (messages - before !== this.sent) {
        throw new Error(`${messages - before} messages have arrived at a connection, of ${this.sent} that were sent`);
      }
    }
  }
}
