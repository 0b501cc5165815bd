import type { LiveNSConn } from '../core/live-ns-conn.js';
import type { Encoding } from '../core/outbound.js';
import type { BroadcastContent } from '../ports/adapter.js';
import type { Target } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import { type BroadcastFrame, BroadcastFrames } from './broadcast-frames.js';
import { publishBroadcast } from './diagnostics.js';
import type { Registry } from './registry.js';

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

  /**
   * @param frames what `encode` gave, where it was called before
   * @returns to how many connections it was handed
   */
  deliver(
    target: Target,
    content: BroadcastContent,
    frames: BroadcastFrames = this.#framesOf(target, content),
  ): number {
    let current: BroadcastFrame | undefined;
    let receivers = 0;
    const mayBeMarked = content.json === true;
    // Each receiver is told the room that it is in: with several rooms in one target that is not the same for all.
    const [only = ''] = target.rooms;
    const isOneRoom = target.rooms.length < 2;
    // A snapshot is not needed: all that sending can change of the sets is to take out a receiver whose outbox overflows.
    for (const ns of this.#registry.receivers(target)) {
      const { outbound } = ns as LiveNSConn; // the registry holds none but this server's own
      const room = isOneRoom ? only : (target.rooms.find((name) => ns.room(name)) ?? '');
      const isMarked = mayBeMarked && outbound.readsRichFrames;
      if (current?.room !== room || current.isMarked !== isMarked) current = frames.get(room, isMarked);
      outbound.sendFrame(current.frame);
      receivers += 1;
    }
    this.#metrics.count('broadcasts.delivered', receivers);
    publishBroadcast(target, content.event, receivers);
    return receivers;
  }

  /** Encodes it before it is delivered. @throws {MESSAGE_TOO_LARGE} for what `deliver` could send to nobody */
  encode(target: Target, content: BroadcastContent): BroadcastFrames {
    const frames = this.#framesOf(target, content);
    frames.get(target.rooms[0] ?? '', content.json === true);
    return frames;
  }

  #framesOf({ namespace }: Target, content: BroadcastContent): BroadcastFrames {
    return new BroadcastFrames(this.#encoding, namespace, content);
  }
}
