import type { PublicError } from '../errors.js';
import type { NSConn, Room, WaitOptions } from '../ports/conn.js';
import type { Link } from './link.js';
import { observed } from './observed.js';

/** One membership of a room. Joining it again after it was left makes another. */
export class LiveRoom implements Room {
  readonly name: string;
  readonly ns: NSConn;
  /** What refuses to leave it, or nothing. Set while it is being left, with its handlers: whoever leaves it too waits for the same. */
  leaving: Promise<PublicError | undefined> | undefined;
  readonly #link: Link;

  constructor(name: string, ns: NSConn, link: Link) {
    this.name = name;
    this.ns = ns;
    this.#link = link;
  }

  emit(event: string, body?: unknown): void {
    if (this.#isJoined) this.#link.emit({ namespace: this.ns.namespace, room: this.name }, event, body);
  }

  leave(options?: WaitOptions): Promise<void> {
    return observed(this.#link.leaveRoom(this, options));
  }

  broadcast(event: string, body?: unknown): void {
    this.#link.broadcast({ namespace: this.ns.namespace, rooms: [this.name] }, event, body);
  }

  broadcastOthers(event: string, body?: unknown): void {
    this.#link.broadcastOthers({ namespace: this.ns.namespace, rooms: [this.name] }, event, body);
  }

  toString(): string {
    return this.ns.conn.id;
  }

  /** A room object outlives its membership in the hands of whoever kept it. */
  get #isJoined(): boolean {
    return this.ns.room(this.name) === this;
  }
}
