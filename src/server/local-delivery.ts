import type { Address } from '../core/link.js';
import type { LiveConn } from '../core/live-conn.js';
import { type Encoding, encodeFor } from '../core/outbound.js';
import type { BroadcastContent } from '../ports/adapter.js';
import type { Target } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import type { OutgoingFrame } from '../ports/socket.js';
import { publishBroadcast } from './diagnostics.js';
import type { Registry } from './registry.js';

const encoder = new TextEncoder();

/** A message as all those get it who are in the same room, and read the mark of JSON or do not. */
interface Encoded {
  readonly room: string;
  readonly frame: OutgoingFrame;
}

/**
 * Sends one message to many of this server's own connections: encoded once, the same bytes for all. JSON is encoded once more
 * where some of them read its mark and some do not.
 */
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
    let plain: Encoded | undefined;
    let marked: Encoded | undefined;
    let receivers = 0;
    // Each receiver is told the room that it is in: with several rooms in one target that is not the same for all.
    const [only = ''] = target.rooms;
    const isOneRoom = target.rooms.length < 2;
    // A snapshot is not needed: all that sending can change of the sets is to take out a receiver whose outbox overflows.
    for (const ns of this.#registry.receivers(target)) {
      const conn = ns.conn as LiveConn; // the registry holds none but this server's own
      const room = isOneRoom ? only : (target.rooms.find((name) => ns.room(name)) ?? '');
      const json = content.json && conn.outbound.readsRichFrames ? true : undefined;
      let encoded = json ? marked : plain;
      if (encoded?.room !== room) {
        encoded = { room, frame: this.#encode({ namespace: target.namespace, room }, content, json) };
        if (json) marked = encoded;
        else plain = encoded;
      }
      conn.sendFrame(encoded.frame);
      receivers += 1;
    }
    this.#metrics.count('broadcasts.delivered', receivers);
    publishBroadcast(target, content.event, receivers);
    return receivers;
  }

  /** @throws {MESSAGE_TOO_LARGE} for what `deliver` could send to nobody */
  check(target: Target, content: BroadcastContent): void {
    this.#encode({ namespace: target.namespace, room: target.rooms[0] ?? '' }, content, content.json);
  }

  #encode(to: Address, { event, body, binary }: BroadcastContent, json: true | undefined): OutgoingFrame {
    const message = { wait: '', ...to, event, isError: false, isNoOp: false, body, binary, json };
    const data = encodeFor(this.#encoding, message);
    if (typeof data !== 'string') return { data, binary: true, droppable: true };
    return { data: encoder.encode(data), binary: false, droppable: true };
  }
}
