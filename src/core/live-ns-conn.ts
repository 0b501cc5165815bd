import { type PublicError, WsError } from '../errors.js';
import { type Conn, NSConn, type Room, type WaitOptions } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { NamespaceTable } from './event-table.js';
import { FewByName } from './few-by-name.js';
import type { Link } from './link.js';
import { LiveRoom } from './live-room.js';
import { observed } from './observed.js';
import type { Outbound } from './outbound.js';

/** `connecting` until the other side is acknowledged; `gone` once it has been left, for good. */
type State = 'connecting' | 'connected' | 'gone';

/** What a namespace has of its connection. */
interface NamespaceParts {
  readonly conn: Conn;
  readonly outbound: Outbound;
  readonly link: Link;
}

/** One end of a connection in a namespace: its state and rooms, which the procedures of both sides move on. */
export class LiveNSConn extends NSConn {
  readonly conn: Conn;
  /** That of its connection: a broadcast goes by it without touching the connection, of all of which it would have to fetch a part. */
  readonly outbound: Outbound;
  readonly table: NamespaceTable;
  /** What the table's `open` has made: the controllers of this connection in this namespace. */
  scope: unknown;
  state: State = 'connecting';
  /** Whether `OnNamespaceConnected` has been told. */
  isAnnounced = false;
  /** What `OnNamespaceDisconnect` says to the other side's wish to disconnect: nothing, or why not. Set while it is asked. */
  consent: Promise<PublicError | undefined> | undefined;
  /** Set once it is being left for good. Fulfilled when nothing of it is found any more. */
  ending: Promise<void> | undefined;
  /** The rooms that are being joined from here; made with the first. */
  joining: Map<string, Promise<void>> | undefined;
  readonly #link: Link;
  /** Made with the first room: most namespaces of most connections have none. */
  #rooms: FewByName<LiveRoom> | undefined;

  constructor({ conn, outbound, link }: NamespaceParts, table: NamespaceTable) {
    super();
    this.conn = conn;
    this.outbound = outbound;
    this.table = table;
    this.#link = link;
  }

  get namespace(): string {
    return this.table.namespace;
  }

  get rooms(): readonly LiveRoom[] {
    return this.#rooms?.values() ?? [];
  }

  room(name: string): LiveRoom | undefined {
    return this.#rooms?.get(name);
  }

  emit(event: string, body?: unknown): void {
    if (this.#mayEmit()) this.#link.emit({ namespace: this.namespace, room: '' }, event, body);
  }

  ask(event: string, body?: unknown, options?: WaitOptions): Promise<Message> {
    const to = { namespace: this.namespace, room: '' };
    return observed(this.#whileConnected(() => this.#link.ask(to, event, body, options)));
  }

  joinRoom(name: string, options?: WaitOptions): Promise<Room> {
    return observed(this.#whileConnected(() => this.#link.joinRoom(this.namespace, name, options)));
  }

  leaveAll(options?: WaitOptions): Promise<void> {
    return observed(this.#leaveAll(options));
  }

  disconnect(options?: WaitOptions): Promise<void> {
    return observed(this.#whileConnected(() => this.#link.disconnect(this.namespace, options)));
  }

  broadcast(event: string, body?: unknown): void {
    this.#link.broadcast({ namespace: this.namespace, rooms: [] }, event, body);
  }

  broadcastOthers(event: string, body?: unknown): void {
    this.#link.broadcastOthers({ namespace: this.namespace, rooms: [] }, event, body);
  }

  toString(): string {
    return this.conn.id;
  }

  addRoom(name: string): LiveRoom {
    const room = new LiveRoom(name, this, this.#link);
    this.#rooms ??= new FewByName();
    this.#rooms.set(name, room);
    return room;
  }

  /** @returns whether it was there */
  removeRoom(room: LiveRoom): boolean {
    return this.room(room.name) === room && this.#rooms?.delete(room.name) === true;
  }

  async #leaveAll(options: WaitOptions | undefined): Promise<void> {
    // While one room is left the other side may leave the next.
    for (const room of this.rooms) if (this.room(room.name) === room) await room.leave(options);
  }

  /** After the end an emit is dropped; before the beginning it is a mistake in the code, and said. */
  #mayEmit(): boolean {
    if (this.state === 'connecting') throw new WsError('EMIT_TOO_EARLY', { namespace: this.namespace });
    return this.state === 'connected';
  }

  async #whileConnected<T>(action: () => Promise<T>): Promise<T> {
    // A connection that has ended says so by itself.
    if (!this.#mayEmit() && !this.conn.isClosed) {
      throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: this.namespace });
    }
    return await action();
  }
}
