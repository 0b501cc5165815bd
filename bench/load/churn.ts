import { performance } from 'node:perf_hooks';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import { roomName } from './room-name.js';
import type { Tally } from './tally.js';

/** Rooms that connections enter and leave all the time. */
export interface ChurnWork {
  readonly kind: 'churn';
  readonly rooms: number;
}

/** Every connection joins its room, leaves it, joins it again, each after the answer to the last. */
export function startChurn(
  work: ChurnWork,
  connections: readonly Connection[],
  protocol: Protocol,
  tally: Tally,
): void {
  for (const [index, connection] of connections.entries()) {
    const room = roomName(index % work.rooms);
    const join = maskedText(protocol.join(room));
    const leave = maskedText(protocol.leave(room));
    let sentAt = performance.now();
    let isIn = true;
    connection.onMessages = (messages) => {
      const now = performance.now();
      tally.messages += messages;
      tally.addLatency(now - sentAt);
      sentAt = now;
      connection.write(isIn ? leave : join);
      isIn = !isIn;
    };
    connection.write(join);
  }
}
