import { performance } from 'node:perf_hooks';
import { Audience } from './audience.js';
import { taggedBody } from './body.js';
import type { BoundedWork } from './bounded-work.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import { roomName } from './room-name.js';
import type { Tally } from './tally.js';

/** Who sends to one other, through a room of the two. */
export interface RelayWork {
  readonly kind: 'relay';
  /** The first so many connections send, as many after them receive, and what is left must get nothing. */
  readonly pairs: number;
  /** How many messages of a sender have not arrived at any time. */
  readonly inFlight: number;
  readonly bodyBytes: number;
}

/** Every sender sends the next message for each that has arrived at its receiver. Only those are counted, and timed. */
export function prepareRelay(
  work: RelayWork,
  connections: readonly Connection[],
  protocol: Protocol,
  tally: Tally,
): BoundedWork {
  const { pairs, bodyBytes } = work;
  for (const { reader } of connections) reader.marks.minBytes = bodyBytes;
  const relays = connections.slice(0, pairs).map((sender, index) => {
    const receiver = connections[pairs + index];
    if (!receiver) throw new Error(`there are fewer connections than ${pairs} pairs have`);
    const frame = maskedText(protocol.emit('say', taggedBody(bodyBytes, 'r'), roomName(index)));
    return new Relay(sender, receiver, { frame, inFlight: work.inFlight, tally });
  });
  return {
    audiences: [...relays.map(({ audience }) => audience), new Audience(connections.slice(2 * pairs))],
    start: () => {
      for (const relay of relays) relay.start();
    },
    stop: () => {
      for (const relay of relays) relay.stop();
    },
  };
}

interface Relaying {
  readonly frame: Buffer;
  readonly inFlight: number;
  readonly tally: Tally;
}

class Relay {
  readonly audience: Audience;
  readonly #sender: Connection;
  readonly #relaying: Relaying;
  /** When the messages in flight were sent, the oldest first. */
  readonly #sentAt: number[] = [];
  #isSending = false;

  constructor(sender: Connection, receiver: Connection, relaying: Relaying) {
    this.#sender = sender;
    this.#relaying = relaying;
    this.audience = new Audience([sender, receiver]);
    sender.onMessages = () => {};
    receiver.onMessages = (messages) => this.#arrived(messages);
  }

  start(): void {
    this.#isSending = true;
    this.#send(this.#relaying.inFlight);
  }

  stop(): void {
    this.#isSending = false;
  }

  #arrived(messages: number): void {
    const { tally } = this.#relaying;
    const now = performance.now();
    tally.messages += messages;
    for (let index = 0; index < messages; index++) tally.addLatency(now - (this.#sentAt.shift() ?? now));
    if (this.#isSending) this.#send(messages);
  }

  #send(messages: number): void {
    const { frame } = this.#relaying;
    const now = performance.now();
    for (let index = 0; index < messages; index++) this.#sentAt.push(now);
    this.audience.sent += messages;
    this.#sender.write(messages === 1 ? frame : Buffer.concat(Array.from({ length: messages }, () => frame)));
  }
}
