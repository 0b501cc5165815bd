import { performance } from 'node:perf_hooks';
import { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import { roomName } from './room-name.js';
import type { Tally } from './tally.js';

/** How many connections are on their way at a time. */
const AT_ONCE = 64;
/** Loopback addresses to connect from: each has its own ephemeral ports. */
const ADDRESSES = 16;

/**
 * Rooms to join: all connections the same ones, `room-0` and so on; every `size` connections one of their own, which is
 * `room-7` for number 70 of all that were opened where `size` is 10; one of so many in turn; or so many of its own for each.
 */
export type Rooms =
  | { readonly kind: 'same'; readonly count: number }
  | { readonly kind: 'own'; readonly size: number }
  | { readonly kind: 'turn'; readonly of: number }
  | { readonly kind: 'each'; readonly count: number };

/** Which connections to open. */
export interface Opening {
  readonly port: number;
  readonly count: number;
  /** Only the upgrade: no namespace. */
  readonly isBare?: boolean;
  /** What they join; no room where it is left out. */
  readonly rooms?: Rooms;
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

  /** In the order in which they were begun, once they are all open. */
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

  async #openOne({ port, isBare, rooms }: Opening, index: number): Promise<void> {
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
    for (const room of rooms ? namesOf(rooms, index) : []) {
      connection.write(maskedText(this.#protocol.join(room)));
      await received(connection, ++expected);
    }
    connection.onLost = () => this.#tally.lost++;
    this.#opened[index] = connection;
    this.#tally.messages++;
    this.#tally.addLatency(performance.now() - since);
  }
}

/** The rooms that a connection joins, by its number among all that were opened. */
export function namesOf(rooms: Rooms, index: number): readonly string[] {
  switch (rooms.kind) {
    case 'own':
      return [roomName(Math.floor(index / rooms.size))];
    case 'turn':
      return [roomName(index % rooms.of)];
    case 'each':
      return Array.from({ length: rooms.count }, (_, room) => roomName(index * rooms.count + room));
    case 'same':
      return Array.from({ length: rooms.count }, (_, room) => roomName(room));
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
