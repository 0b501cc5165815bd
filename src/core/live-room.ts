import type { NSConn, Room, WaitOptions } from '../ports/conn.js';
import type { Link } from './link.js';

export class LiveRoom implements Room {
  readonly name: string;
  readonly ns: NSConn;
  /** Set while this side leaves it, with its handlers: whoever leaves it too waits for the same. */
  leaving: Promise<void> | undefined;
  readonly #link: Link;

  constructor(name: string, ns: NSConn, link: Link) {
    this.name = name;
    this.ns = ns;
    this.#link = link;
  }

  emit(event: string, body?: unknown): void {
    if (this.#isJoined) this.#link.emit({ namespace: this.ns.namespace, room: this.name }, event, body);
  }

  async leave(options?: WaitOptions): Promise<void> {
    await this.#link.leaveRoom(this, options);
  }

  broadcast(event: string, body?: unknown): void {
    this.#link.broadcast({ namespace: this.ns.namespace, rooms: [this.name] }, event, body, false);
  }

  broadcastOthers(event: string, body?: unknown): void {
    this.#link.broadcast({ namespace: this.ns.namespace, rooms: [this.name] }, event, body, true);
  }

  toString(): string {
    return this.ns.conn.id;
  }

  /** A room object outlives its membership in the hands of whoever kept it. */
  get #isJoined(): boolean {
    return this.ns.room(this.name) === this;
  }
}
