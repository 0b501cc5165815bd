import type { CloseInfo, WaitOptions } from '../ports/conn.js';
import type { ClientMessage } from './client-message.js';
import type { ConnState } from './dial-options.js';
import type { StreamOptions } from './message-stream.js';
import type { Readable } from './store.js';

/** What connecting a namespace says to the server, and how long it may take. */
export interface ConnectOptions extends WaitOptions {
  /** What `onNamespaceConnect` of the server finds as the body of its message, after each reconnect as well. */
  readonly body?: unknown;
}

/** A connection that was dialled. It stays the same object when it is lost and comes back. */
export interface DialledConn {
  readonly id: string;
  readonly state: Readable<ConnState>;
  readonly closed: Promise<CloseInfo>;
  readonly namespaces: readonly DialledNSConn[];
  namespace(name: string): DialledNSConn | undefined;
  connect(namespace: string, options?: ConnectOptions): Promise<DialledNSConn>;
  waitServerConnect(namespace: string, options?: WaitOptions): Promise<DialledNSConn>;
  disconnectAll(options?: WaitOptions): Promise<void>;
  emitNative(body: string | ArrayBuffer | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}

/** A namespace of it that has been connected. */
export interface DialledNSConn {
  readonly conn: DialledConn;
  readonly namespace: string;
  readonly rooms: readonly DialledRoom[];
  emit(event: string, body?: unknown): void;
  ask(event: string, body?: unknown, options?: WaitOptions): Promise<ClientMessage>;
  on(event: string, listener: Listener): () => void;
  on(event: string, options?: StreamOptions): AsyncIterableIterator<ClientMessage, undefined>;
  joinRoom(name: string, options?: WaitOptions): Promise<DialledRoom>;
  room(name: string): DialledRoom | undefined;
  leaveAll(options?: WaitOptions): Promise<void>;
  disconnect(options?: WaitOptions): Promise<void>;
}

/** A room that has been joined. */
export interface DialledRoom {
  readonly name: string;
  emit(event: string, body?: unknown): void;
  leave(options?: WaitOptions): Promise<void>;
}

/** Hears an event. What it returns, or the promise of it, answers the server where it asks. */
export type Listener = (msg: ClientMessage, ns: DialledNSConn) => unknown;

/** Listeners as they are written: by event. */
export type Handlers = Readonly<Record<string, Listener>>;

/** The same by namespace. */
export type EventMaps = Readonly<Record<string, Handlers>>;
