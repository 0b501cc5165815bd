import type { WaitOptions } from '../ports/conn.js';

/** The namespace that a room belongs to, as far as the room needs it. */
export interface RoomOwner {
  emitTo(room: DialledRoom, event: string, body: unknown): void;
  leave(room: DialledRoom, options: WaitOptions | undefined): Promise<void>;
}

/** A room that has been joined. It stays the same object when the connection is lost and comes back. */
export class DialledRoom {
  readonly name: string;
  readonly ns: RoomOwner;
  /** Whether this side has asked for it, and does so again. What the server gave it gives again by itself. */
  isWanted = false;

  constructor(ns: RoomOwner, name: string) {
    this.ns = ns;
    this.name = name;
  }

  emit(event: string, body?: unknown): void {
    this.ns.emitTo(this, event, body);
  }

  leave(options?: WaitOptions): Promise<void> {
    return this.ns.leave(this, options);
  }
}
