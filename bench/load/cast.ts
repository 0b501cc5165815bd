import { performance } from 'node:perf_hooks';
import { countTagged, taggedBody } from './body.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import { roomName } from './room-name.js';
import type { Tally } from './tally.js';

const FIRST_TAG = 'A'.charCodeAt(0);

/** Who sends to many. */
export interface CastWork {
  readonly kind: 'cast';
  readonly senders: number;
  readonly bodyBytes: number;
  /** To so many rooms in turn, which the senders are in, instead of to everybody. */
  readonly rooms?: number;
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
  const body = taggedBody(work.bodyBytes, tag);
  const frames = framesOf(work, body, protocol);
  countTagged(sender, tag, delivered(work, body, protocol));
  let sentAt = 0;
  let sent = 0;
  const send = () => {
    const frame = frames[sent++ % frames.length];
    sentAt = performance.now();
    if (frame) sender.write(frame);
  };
  sender.onMessages = (messages, own) => {
    tally.messages += messages;
    if (own === 0 || tally.isFull) return;
    tally.addLatency(performance.now() - sentAt);
    send();
  };
  send();
}

/** One for everybody, or one for each room. */
function framesOf({ rooms }: CastWork, body: string, protocol: Protocol): readonly Buffer[] {
  if (rooms === undefined) return [maskedText(protocol.emit('cast', body))];
  return Array.from({ length: rooms }, (_, room) => maskedText(protocol.emit('say', body, roomName(room))));
}

/** As it arrives. What follows the body is the same for every room. */
function delivered({ rooms }: CastWork, body: string, protocol: Protocol): string {
  return rooms === undefined ? protocol.delivered('cast', body) : protocol.delivered('say', body, roomName(0));
}
