import type { WaitOptions } from '../ports/conn.js';
import type { ClientMessage } from './client-message.js';
import { DialledRoom } from './dialled-room.js';
import { messageStream, type StreamOptions } from './message-stream.js';
import type { Payload } from './payload.js';

/** Hears an event of one namespace. */
export type Listener = (msg: ClientMessage, ns: DialledNSConn) => unknown;

/** What a namespace does through its connection. */
export interface NamespaceOperations {
  emit(ns: DialledNSConn, room: string, event: string, body: unknown): void;
  ask(ns: DialledNSConn, event: string, body: unknown, options: WaitOptions | undefined): Promise<ClientMessage>;
  joinRoom(ns: DialledNSConn, name: string, options: WaitOptions | undefined): Promise<DialledRoom>;
  leaveRoom(ns: DialledNSConn, room: DialledRoom, options: WaitOptions | undefined): Promise<void>;
  leaveAll(ns: DialledNSConn, options: WaitOptions | undefined): Promise<void>;
  disconnect(ns: DialledNSConn, options: WaitOptions | undefined): Promise<void>;
}

/** A namespace that has been connected. It stays the same object when the connection is lost and comes back. */
export class DialledNSConn {
  readonly conn: NamespaceOperations;
  readonly name: string;
  /** What connecting it says, each time; nothing where the server has connected it, and does so again by itself. */
  wanted: Payload | undefined;
  /** The rooms that are joined, by their names. */
  readonly joined: Map<string, DialledRoom> = new Map();
  /** The rooms that are being joined from here. */
  readonly joining: Map<string, Promise<DialledRoom>> = new Map();
  readonly #listeners = new Set<readonly [event: string, listener: Listener]>();
  readonly #ends = new Set<() => void>();
  #isGone = false;

  constructor(conn: NamespaceOperations, name: string, wanted?: Payload) {
    this.conn = conn;
    this.name = name;
    this.wanted = wanted;
  }

  get namespace(): string {
    return this.name;
  }

  get rooms(): readonly DialledRoom[] {
    return [...this.joined.values()];
  }

  /** Whether it has been left, and everybody has heard so. */
  get isGone(): boolean {
    return this.#isGone;
  }

  room(name: string): DialledRoom | undefined {
    return this.joined.get(name);
  }

  emit(event: string, body?: unknown): void {
    this.conn.emit(this, '', event, body);
  }

  emitTo(room: DialledRoom, event: string, body: unknown): void {
    if (this.room(room.name) === room) this.conn.emit(this, room.name, event, body);
  }

  ask(event: string, body?: unknown, options?: WaitOptions): Promise<ClientMessage> {
    return this.conn.ask(this, event, body, options);
  }

  joinRoom(name: string, options?: WaitOptions): Promise<DialledRoom> {
    return this.conn.joinRoom(this, name, options);
  }

  leave(room: DialledRoom, options: WaitOptions | undefined): Promise<void> {
    return this.conn.leaveRoom(this, room, options);
  }

  leaveAll(options?: WaitOptions): Promise<void> {
    return this.conn.leaveAll(this, options);
  }

  disconnect(options?: WaitOptions): Promise<void> {
    return this.conn.disconnect(this, options);
  }

  on(event: string, listener: Listener): () => void;
  on(event: string, options?: StreamOptions): AsyncIterableIterator<ClientMessage, undefined>;
  on(event: string, by?: Listener | StreamOptions): (() => void) | AsyncIterableIterator<ClientMessage, undefined> {
    if (typeof by === 'function') return this.#listen(event, by);
    return messageStream((push, end) => {
      const off = this.#listen(event, push);
      this.#ends.add(end);
      if (this.#isGone) queueMicrotask(end);
      return () => {
        off();
        this.#ends.delete(end);
      };
    }, by);
  }

  /** Those who hear an event, in the order in which they came. */
  listenersOf(event: string): Listener[] {
    return [...this.#listeners].filter(([name]) => name === event).map(([, listener]) => listener);
  }

  /** Ends whoever listens. */
  end(): void {
    this.#isGone = true;
    this.#listeners.clear();
    for (const end of [...this.#ends]) end();
  }

  #listen(event: string, listener: Listener): () => void {
    const entry = [event, listener] as const;
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }
}
