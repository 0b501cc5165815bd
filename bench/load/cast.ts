import { performance } from 'node:perf_hooks';
import { countTagged, taggedBody } from './body.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import type { Tally } from './tally.js';

const FIRST_TAG = 'A'.charCodeAt(0);

/** Who sends to many. */
export interface CastWork {
  readonly kind: 'cast';
  readonly senders: number;
  readonly bodyBytes: number;
  /** To the room that the senders are in, instead of to everybody. */
  readonly room?: string;
}

/**
 * Every sender sends its next message when its last has come back to itself, until the tally is full. Everything that
 * arrives is counted.
 */
export function startCast(work: CastWork, connections: readonly Connection[], protocol: Protocol, tally: Tally): void {
  for (const connection of connections) {
    connection.reader.marks.minBytes = work.bodyBytes;
    connection.onMessages = (messages) => {
      tally.messages += messages;
    };
  }
  for (const [index, sender] of connections.slice(0, work.senders).entries()) {
    startSender(sender, String.fromCharCode(FIRST_TAG + index), { work, protocol, tally });
  }
}

interface Casting {
  readonly work: CastWork;
  readonly protocol: Protocol;
  readonly tally: Tally;
}

function startSender(sender: Connection, tag: string, { work, protocol, tally }: Casting): void {
  const { bodyBytes, room } = work;
  const event = room === undefined ? 'cast' : 'say';
  const body = taggedBody(bodyBytes, tag);
  const frame = maskedText(protocol.emit(event, body, room));
  countTagged(sender, tag, protocol.delivered(event, body, room));
  let sentAt = 0;
  const send = () => {
    sentAt = performance.now();
    sender.write(frame);
  };
  sender.onMessages = (messages, own) => {
    tally.messages += messages;
    if (own === 0 || tally.isFull) return;
    tally.addLatency(performance.now() - sentAt);
    send();
  };
  send();
}
