import { performance } from 'node:perf_hooks';
import { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import type { Tally } from './tally.js';

/** How many connections are on their way at a time. */
const AT_ONCE = 64;
/** Loopback addresses to connect from: each has its own ephemeral ports. */
const ADDRESSES = 16;

/** Which connections to open. */
export interface Opening {
  readonly port: number;
  readonly count: number;
  /** Only the upgrade: no namespace. */
  readonly isBare?: boolean;
  /** A room to join: the same for all, or one for each. */
  readonly room?: string | 'own';
}

/** Opens connections, up to their namespaces and rooms, and times each. Every one of them must succeed. */
export class Opener {
  readonly #protocol: Protocol;
  readonly #tally: Tally;
  readonly #opened: Connection[] = [];
  #begun = 0;

  constructor(protocol: Protocol, tally: Tally) {
    this.#protocol = protocol;
    this.#tally = tally;
  }

  /** In the order in which they were ready. */
  get opened(): readonly Connection[] {
    return this.#opened;
  }

  async open(opening: Opening): Promise<void> {
    const end = this.#begun + opening.count;
    const inTurn = async () => {
      while (this.#begun < end) await this.#openOne(opening, this.#begun++);
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, opening.count) }, inTurn));
  }

  async #openOne({ port, isBare, room }: Opening, index: number): Promise<void> {
    const since = performance.now();
    const { path, opening, keepAlive } = this.#protocol;
    const connection = await Connection.open({ port, path, localAddress: `127.0.0.${2 + (index % ADDRESSES)}` });
    if (keepAlive) {
      connection.reader.marks.ping = keepAlive.ping.charCodeAt(0);
      connection.sign = maskedText(keepAlive.pong);
    }
    let expected = 0;
    for (const { send, answers } of isBare ? [] : opening) {
      if (send !== undefined) connection.write(maskedText(send));
      expected += answers;
      await received(connection, expected);
    }
    if (room !== undefined) {
      connection.write(maskedText(this.#protocol.join(room === 'own' ? `room-${index}` : room)));
      await received(connection, expected + 1);
    }
    connection.onLost = () => this.#tally.lost++;
    this.#opened.push(connection);
    this.#tally.messages++;
    this.#tally.addLatency(performance.now() - since);
  }
}

/** Waits until a connection has received so many messages since it was opened. */
function received(connection: Connection, messages: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const check = () => {
      if (connection.reader.messages < messages) return;
      connection.onMessages = () => {};
      resolve();
    };
    connection.onMessages = check;
    connection.onLost = reject;
    check();
  });
}
