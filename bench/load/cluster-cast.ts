import { performance } from 'node:perf_hooks';
import { Audience } from './audience.js';
import { countTagged, taggedBody } from './body.js';
import type { BoundedWork } from './bounded-work.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import type { Tally } from './tally.js';

const FIRST_TAG = 'A'.charCodeAt(0);

/** Who sends to everybody on all processes. */
export interface ClusterCastWork {
  readonly kind: 'cluster-cast';
  /** Of how many processes the connections are: as many of each, one process after the other. */
  readonly groups: number;
  /** They are on the processes in turn. */
  readonly senders: number;
  readonly bodyBytes: number;
}

/**
 * Every sender sends its next message when its last has arrived on every process: at one connection there that watches for
 * it. So none of the processes can fall behind. Latency is until the last of them has it.
 */
export function prepareClusterCast(
  work: ClusterCastWork,
  connections: readonly Connection[],
  protocol: Protocol,
  tally: Tally,
): BoundedWork {
  const audience = new Audience(connections);
  const size = connections.length / work.groups;
  if (!Number.isInteger(size) || size < work.senders) throw new Error(`${connections.length} connections do not do`);
  for (const connection of connections) {
    connection.reader.marks.minBytes = work.bodyBytes;
    connection.onMessages = (messages) => {
      tally.messages += messages;
    };
  }
  const senders = Array.from({ length: work.senders }, (_, index) => {
    const watching = Array.from({ length: work.groups }, (_, group) => connections[group * size + index]);
    const watchers = watching.filter((each) => each !== undefined);
    const body = taggedBody(work.bodyBytes, String.fromCharCode(FIRST_TAG + index));
    return new Sender({ watchers, own: index % work.groups, body, protocol, tally, audience });
  });
  return {
    audiences: [audience],
    start: () => {
      for (const sender of senders) sender.start();
    },
    stop: () => {
      for (const sender of senders) sender.stop();
    },
  };
}

interface Sending {
  /** One on each process. */
  readonly watchers: readonly Connection[];
  /** Which of them sends. */
  readonly own: number;
  readonly body: string;
  readonly protocol: Protocol;
  readonly tally: Tally;
  readonly audience: Audience;
}

class Sender {
  readonly #sending: Sending;
  readonly #frame: Buffer;
  #isSending = false;
  /** How many processes have not got the last message. */
  #awaited = 0;
  #sentAt = 0;

  constructor(sending: Sending) {
    this.#sending = sending;
    const { watchers, body, protocol, tally } = sending;
    this.#frame = maskedText(protocol.emit('cast', body));
    for (const watcher of watchers) {
      countTagged(watcher, body.slice(-1), protocol.delivered('cast', body));
      watcher.onMessages = (messages, own) => {
        tally.messages += messages;
        if (own > 0) this.#arrived(own);
      };
    }
  }

  start(): void {
    this.#isSending = true;
    this.#send();
  }

  stop(): void {
    this.#isSending = false;
  }

  #send(): void {
    const { watchers, own, audience } = this.#sending;
    this.#awaited = watchers.length;
    this.#sentAt = performance.now();
    audience.sent++;
    watchers[own]?.write(this.#frame);
  }

  #arrived(times: number): void {
    this.#awaited -= times;
    if (this.#awaited > 0) return;
    this.#sending.tally.addLatency(performance.now() - this.#sentAt);
    if (this.#isSending) this.#send();
  }
}
