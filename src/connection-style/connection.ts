import type { LiveConn } from '../core/live-conn.js';
import type { HandledMessage } from '../core/message-context.js';
import { isPromiseLike } from '../core/run-handler.js';
import { CloseError, WsError } from '../errors.js';
import type { CloseInfo, Conn, NSConn } from '../ports/conn.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Message } from '../ports/message.js';
import { NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body } from '../protocol/message.js';
import { readAs, sentValue, type ValueKind, type ValueKinds } from './read-value.js';
import { type Recipients, targetFor } from './recipients.js';

/** Sends to those whom `to()` has named. What leaves is encoded once, and nobody answers. */
export interface Emitter {
  /** @throws {MESSAGE_NOT_ENCODABLE} {MESSAGE_TOO_LARGE} {BODY_NOT_SENDABLE} {EVENT_RESERVED} */
  emit(event: string, value?: unknown): void;
  /** Sends a raw message, without a name. @throws as `emit` */
  emitMessage(body: Body): void;
}

/** How a listener wants its value. */
export interface ListenOptions<Kind extends ValueKind> {
  /** @default as it was sent */
  readonly as: Kind;
}

type Hear = (msg: HandledMessage) => unknown;

/**
 * One connection, in the style of Iris before neffos: listeners are registered on it, and it speaks to others. Made for each
 * connection, and handed to the function of `onConnection`.
 */
export class Connection {
  /** The connection as the rest of Nefeli knows it. */
  readonly conn: Conn;
  readonly #ns: NSConn;
  readonly #events = new Map<string, Hear[]>();
  readonly #raw: Hear[] = [];
  readonly #onLeave: ((room: string) => unknown)[] = [];
  readonly #onDisconnect: ((info: CloseInfo) => unknown)[] = [];
  readonly #onError: ((error: unknown) => void)[] = [];

  constructor(ns: NSConn) {
    this.conn = ns.conn;
    this.#ns = ns;
  }

  /** The public id. Several connections may share one. */
  get id(): string {
    return this.conn.id;
  }

  /** The request of the upgrade: headers, cookies, session, params. */
  get request(): ConnRequest {
    return this.conn.request;
  }

  /**
   * Hears an event. Without `as` the value is what it was when it was sent, and `unknown`, because the other side wrote it; with
   * it the listener is called for such values only.
   *
   * Several listeners of one event are called in order, each when the one before has ended.
   */
  on(event: string, listener: (value: unknown) => unknown): this;
  on<Kind extends ValueKind>(
    event: string,
    listener: (value: ValueKinds[Kind]) => unknown,
    options: ListenOptions<Kind>,
  ): this;
  on(event: string, listener: (value: never) => unknown, { as }: Partial<ListenOptions<ValueKind>> = {}): this {
    const hear = listener as (value: unknown) => unknown; // it is given what `as` says
    const listeners = this.#events.get(event) ?? [];
    listeners.push((msg) => hear(as === undefined ? sentValue(msg) : readAs(as, msg)));
    this.#events.set(event, listeners);
    return this;
  }

  /** Hears raw messages: text as a string, a binary frame as bytes. */
  onMessage(listener: (body: Body) => unknown): this {
    this.#raw.push(({ body }) => listener(body));
    return this;
  }

  /** Hears which room has been left; at the end of the connection every one that was still joined. */
  onLeave(listener: (room: string) => unknown): this {
    this.#onLeave.push(listener);
    return this;
  }

  /** Hears that the connection has ended. Runs after `onLeave` of every room. */
  onDisconnect(listener: (info: CloseInfo) => unknown): this {
    this.#onDisconnect.push(listener);
    return this;
  }

  /** Hears what listeners throw, and values that no listener can read. They are reported as all errors are, besides. */
  onError(listener: (error: unknown) => void): this {
    this.#onError.push(listener);
    return this;
  }

  /** Sends an event to this connection alone. @throws as those of {@link Emitter} */
  emit(event: string, value?: unknown): void {
    this.#ns.emit(event, value);
  }

  /** Sends a raw message to this connection alone. */
  emitMessage(body: Body): void {
    this.#ns.emit(NATIVE_MESSAGE, body);
  }

  /** Names who is spoken to. Whoever speaks to a room need not be in it. @throws {RECIPIENTS_UNCLEAR} */
  to(recipients: Recipients): Emitter {
    const target = targetFor(recipients, this.conn.key);
    const { hub } = (this.conn as LiveConn).settings; // every connection of a server is one
    const emit = (event: string, value?: unknown): void => hub?.broadcast(target, event, value);
    return { emit, emitMessage: (body) => emit(NATIVE_MESSAGE, body) };
  }

  /**
   * Joins a room. Where the client knows of no rooms, as in the languages of Iris, it takes effect at once: what is sent to the
   * room from the next line on arrives here, too. Clients of neffos are asked, and `onRoomJoin` of other handlers and middleware may
   * refuse: await it there.
   *
   * @throws {TOO_MANY_ROOMS} {NAME_TOO_LONG} {CONN_CLOSED}, as a rejection, which `onError` hears as well
   */
  join(room: string): Promise<void> {
    const joined = this.#ns.joinRoom(room).then(() => {});
    joined.catch((err: unknown) => {
      this.conn.log.warn({ err, conn: this.id, room }, 'a room could not be joined');
      this.#tell(err);
    });
    return joined;
  }

  /** Leaves a room, as `join` joins it. Leaving what was not joined does nothing. */
  leave(room: string): Promise<void> {
    // Not async: a rejection that nobody looks at is looked after where it is made, and another promise of it would not be.
    return this.#ns.room(room)?.leave() ?? Promise.resolve();
  }

  isJoined(room: string): boolean {
    return this.#ns.room(room) !== undefined;
  }

  /** A value of the application that lives as long as the connection. */
  getValue(key: string): unknown {
    return this.conn.get(key);
  }

  setValue(key: string, value: unknown): void {
    this.conn.set(key, value);
  }

  /** Ends the connection from here. Twice is once. @throws {OPTION_INVALID} for a code that may not be sent */
  disconnect(code?: number, reason?: string): void {
    this.conn.close(code, reason);
  }

  toString(): string {
    return this.id;
  }

  /** What the table of events calls. Not methods: users see nothing of them. */
  static readonly calls = {
    event: (connection: Connection, msg: HandledMessage): Promise<void> | void => {
      const listeners = connection.#events.get(msg.event);
      if (listeners) return connection.#hear(listeners, msg);
      if (msg.isAsk) throw new WsError('EVENT_UNKNOWN', { namespace: msg.namespace, event: msg.event });
    },
    raw: (connection: Connection, msg: HandledMessage): Promise<void> | void => connection.#hear(connection.#raw, msg),
    left: (connection: Connection, { room }: Message): Promise<void> | void =>
      connection.#hear(connection.#onLeave, room),
    ended: async (connection: Connection): Promise<void> => {
      const { ended } = connection.conn as LiveConn; // as above
      const info = ended ?? { code: 1000, reason: '' }; // the namespace has been left, and the connection goes on
      await connection.#hear(connection.#onDisconnect, info);
    },
    /** Lets the application register its listeners. Without them the connection would be of no use: what it throws ends it. */
    begin: async (connection: Connection, setUp: (connection: Connection) => unknown): Promise<void> => {
      try {
        await setUp(connection);
      } catch (error) {
        if (!(error instanceof CloseError)) connection.conn.close(1011, '');
        throw error;
      }
    },
  };

  /** Calls listeners one after the other; the only one there is without taking a turn. */
  #hear<T>(listeners: readonly ((heard: T) => unknown)[], heard: T): Promise<void> | void {
    const [only] = listeners;
    if (only === undefined || listeners.length > 1) return this.#hearAll(listeners, heard);
    try {
      const result = only(heard);
      if (!isPromiseLike(result)) return;
      return Promise.resolve(result).then(
        () => {},
        (error: unknown) => this.#fail([error]),
      );
    } catch (error) {
      this.#fail([error]);
    }
  }

  /** One that fails does not keep the next from hearing. */
  async #hearAll<T>(listeners: readonly ((heard: T) => unknown)[], heard: T): Promise<void> {
    const failures: unknown[] = [];
    for (const listener of [...listeners]) {
      try {
        await listener(heard);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) this.#fail(failures);
  }

  #fail(failures: readonly unknown[]): never {
    for (const error of failures) this.#tell(error);
    throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'several listeners failed');
  }

  #tell(error: unknown): void {
    for (const listener of this.#onError) {
      try {
        listener(error);
      } catch (err) {
        this.conn.log.error({ err, cause: error, conn: this.id }, 'a listener of errors failed');
      }
    }
  }
}
