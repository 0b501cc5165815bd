import type { LiveConn } from '../core/live-conn.js';
import { type Encoding, encodeFor } from '../core/outbound.js';
import type { BroadcastContent } from '../ports/adapter.js';
import type { Target } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import type { OutgoingFrame } from '../ports/socket.js';
import { publishBroadcast } from './diagnostics.js';
import type { Registry } from './registry.js';

const encoder = new TextEncoder();

/** Sends one message to many of this server's own connections: encoded once, the same bytes for all. */
export class LocalDelivery {
  readonly #encoding: Encoding;
  readonly #metrics: Metrics;
  readonly #registry: Registry;

  constructor(encoding: Encoding, metrics: Metrics, registry: Registry) {
    this.#encoding = encoding;
    this.#metrics = metrics;
    this.#registry = registry;
  }

  /** @returns to how many connections it was handed */
  deliver(target: Target, content: BroadcastContent): number {
    let frame: OutgoingFrame | undefined;
    let roomOfFrame: string | undefined;
    let receivers = 0;
    // Each receiver is told the room that it is in: with several rooms in one target that is not the same for all.
    const [only = ''] = target.rooms;
    const isOneRoom = target.rooms.length < 2;
    // A snapshot is not needed: all that sending can change of the sets is to take out a receiver whose outbox overflows.
    for (const ns of this.#registry.receivers(target)) {
      const conn = ns.conn as LiveConn; // the registry holds none but this server's own
      const room = isOneRoom ? only : (target.rooms.find((name) => ns.room(name)) ?? '');
      if (!frame || room !== roomOfFrame) {
        frame = this.#encode(target.namespace, room, content);
        roomOfFrame = room;
      }
      conn.sendFrame(frame);
      receivers += 1;
    }
    this.#metrics.count('broadcasts.delivered', receivers);
    publishBroadcast(target, content.event, receivers);
    return receivers;
  }

  /** @throws {MESSAGE_TOO_LARGE} for what `deliver` could send to nobody */
  check(target: Target, content: BroadcastContent): void {
    this.#encode(target.namespace, target.rooms[0] ?? '', content);
  }

  #encode(namespace: string, room: string, { event, body, binary }: BroadcastContent): OutgoingFrame {
    const message = { wait: '', namespace, room, event, isError: false, isNoOp: false, body, binary };
    const data = encodeFor(this.#encoding, message);
    if (typeof data !== 'string') return { data, binary: true, droppable: true };
    return { data: encoder.encode(data), binary: false, droppable: true };
  }
}
