import type { ChatLine } from './chat-events.js';

const MAX_LINES = 20;

/** What was said last in each room, so that who comes in can read on. */
export class History {
  readonly #lines = new Map<string, ChatLine[]>();

  add(line: ChatLine): void {
    this.#lines.set(line.room, [...this.of(line.room), line].slice(-MAX_LINES));
  }

  /** Oldest first. */
  of(room: string): readonly ChatLine[] {
    return this.#lines.get(room) ?? [];
  }

  /** For when the last one has left the room. */
  forget(room: string): void {
    this.#lines.delete(room);
  }
}
