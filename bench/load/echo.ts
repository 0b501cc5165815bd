import { performance } from 'node:perf_hooks';
import { taggedBody } from './body.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import type { Tally } from './tally.js';

/** What each connection sends. */
export interface EchoWork {
  readonly kind: 'echo';
  /** An emit comes back as an event, an ask as its reply. */
  readonly as: 'emit' | 'ask';
  /** How many messages of a connection are unanswered at any time. */
  readonly inFlight: number;
  readonly bodyBytes: number;
  /** Only the first so many connections send, the others are idle; all send where it is left out. */
  readonly busy?: number;
}

/** Every busy connection has so many messages in flight, and sends the next for each that comes back, until the tally is full. */
export function startEcho(work: EchoWork, connections: readonly Connection[], protocol: Protocol, tally: Tally): void {
  const { inFlight, bodyBytes } = work;
  const frames = Array.from({ length: inFlight }, (_, slot) => maskedText(requestOf(work, slot, protocol)));
  const bytes = frames.reduce((sum, frame) => sum + frame.length, 0) / inFlight;
  // Twice around: any frames that follow one another lie together, and are written at once.
  const ring = Buffer.concat([...frames, ...frames]);
  for (const connection of connections.slice(0, work.busy)) {
    const sentAt = new Float64Array(inFlight);
    let slot = 0;
    const { reader } = connection;
    reader.marks.minBytes = bodyBytes;
    connection.onMessages = (messages) => {
      if (messages > inFlight) throw new Error(`${messages} messages came back for ${inFlight} that were sent`);
      const now = performance.now();
      for (let index = slot; index < slot + messages; index++) {
        tally.addLatency(now - (sentAt[index % inFlight] ?? 0));
        sentAt[index % inFlight] = now;
      }
      tally.messages += messages;
      if (tally.isFull) return;
      connection.write(ring.subarray(slot * bytes, (slot + messages) * bytes));
      slot = (slot + messages) % inFlight;
    };
    sentAt.fill(performance.now());
    connection.write(ring.subarray(0, inFlight * bytes));
  }
}

/** Of the same length for every slot. */
function requestOf({ as, bodyBytes }: EchoWork, slot: number, protocol: Protocol): string {
  const body = taggedBody(bodyBytes, 'e');
  return as === 'emit' ? protocol.emit('echo', body) : protocol.ask(String(100 + slot), body);
}
