import { toPayload } from '../core/body.js';
import type { EventHandler } from '../core/event-maps.js';
import { systemEventOf } from '../core/lifecycle-names.js';
import { observed } from '../core/observed.js';
import { WsError } from '../errors.js';
import type { CloseInfo, Conn, EventMap, EventsOf, NSConn, Room, WaitOptions } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import { NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body } from '../protocol/message.js';
import type { ClientEnd } from './client-end.js';
import { type HeardEvent, isLifecycle } from './heard-event.js';
import type { Patience } from './patience.js';
import type { Recorder, Wanted } from './recorder.js';

/** Which event is meant, where its name does not say enough. */
export interface ExpectOptions<T = unknown> {
  /** Only of this namespace. @default any */
  readonly namespace?: string;
  /** Only of this room; `''` for events outside of rooms. @default any */
  readonly room?: string;
  /** Only one for which this is true. */
  readonly where?: (event: HeardEvent<T>) => boolean;
  /**
   * How long to wait, in milliseconds of real time. @default without a network until everything is quiet; over one 1000, and
   * 100 to be sure that nothing comes
   */
  readonly timeoutMs?: number;
}

/** What a client of a test is made of. */
export interface ClientParts {
  readonly end: ClientEnd;
  /** The namespace that it speaks to. */
  readonly namespace: string;
  readonly patience: { readonly toCome: Patience; readonly notToCome: Patience };
  /** When the connection is over on both ends, as far as the test can see both. */
  readonly closed: Promise<CloseInfo>;
}

/**
 * A client that a test plays: it speaks to one namespace, and keeps what it hears until the test takes it.
 *
 * @typeParam Hears the events that the server sends, with their bodies; any when left out
 */
export class TestClient<Hears extends EventsOf<Hears> = EventMap> {
  /** The client's end of the connection, for what this class has no word for: other namespaces, asks to rooms. */
  readonly conn: Conn;
  /**
   * Fulfilled when the connection has ended. Without a network the server has handled all that follows from it, too, but for
   * handlers that take their time.
   */
  readonly closed: Promise<CloseInfo>;
  readonly #end: ClientEnd;
  readonly #namespace: string;
  readonly #patience: ClientParts['patience'];

  /** @internal */
  constructor({ end, namespace, patience, closed }: ClientParts) {
    this.conn = end.conn;
    this.closed = closed;
    this.#end = end;
    this.#namespace = namespace;
    this.#patience = patience;
  }

  /** The public id that the server has given to the connection. */
  get id(): string {
    return this.conn.id;
  }

  /**
   * The namespace that the client speaks to.
   *
   * @throws {NAMESPACE_NOT_CONNECTED} {CONN_CLOSED} where it is not connected, or not any more
   */
  get ns(): NSConn {
    const ns = this.conn.namespace(this.#namespace);
    if (ns) return ns;
    if (this.#end.conn.ended) throw new WsError('CONN_CLOSED', this.#end.conn.ended);
    throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: this.#namespace });
  }

  /** Everything that the server has sent, in order, taken or not: events, asks and raw messages. */
  get events(): readonly HeardEvent[] {
    return this.#heard().filter(({ event }) => !isLifecycle(event));
  }

  /** What its namespaces and rooms have gone through, in order: `_OnRoomJoined`, `_OnNamespaceDisconnect`, … */
  get lifecycle(): readonly HeardEvent[] {
    return this.#heard().filter(({ event }) => isLifecycle(event));
  }

  /**
   * Connects a namespace, again or another one.
   *
   * @param namespace the one that the client speaks to, when left out
   * @throws a {@link RemoteError} with the server's refusal
   */
  connect(namespace: string = this.#namespace, options: { readonly body?: unknown } = {}): Promise<NSConn> {
    return observed(this.#connect(namespace, options.body));
  }

  /**
   * Sends an event. A string goes as it is, bytes as a binary frame, anything else as JSON.
   *
   * @throws {NAMESPACE_NOT_CONNECTED} {CONN_CLOSED} where an application's emit is dropped: in a test it is a mistake
   */
  emit(event: string, body?: unknown): void {
    this.ns.emit(event, body);
  }

  /** Sends an event and waits for the answer. Without a network it is the clock of the test that a time limit goes by. */
  ask(event: string, body?: unknown, options?: WaitOptions): Promise<Message> {
    return this.#inNamespace((ns) => ns.ask(event, body, options));
  }

  /** Joins a room, to be spoken to by what this gives. @throws a {@link RemoteError} with the server's refusal */
  join(room: string, options?: WaitOptions): Promise<Room> {
    return this.#inNamespace((ns) => ns.joinRoom(room, options));
  }

  /** @throws {ROOM_NOT_JOINED}, or a {@link RemoteError} with the server's refusal */
  leave(room: string, options?: WaitOptions): Promise<void> {
    return this.#inNamespace(async (ns) => {
      const joined = ns.room(room);
      if (!joined) throw new WsError('ROOM_NOT_JOINED', { namespace: this.#namespace, room });
      await joined.leave(options);
    });
  }

  /** The room if it is joined. */
  room(name: string): Room | undefined {
    return this.ns.room(name);
  }

  /**
   * Handles an event from now on, in the place of what handled it before. What it returns answers an ask of the server; an ask
   * that nothing handles is answered with `bad event`. What is handled is recorded all the same.
   */
  on(event: string, handler: EventHandler): void {
    this.#end.handlers.set(systemEventOf(event) ?? event, handler);
  }

  /**
   * Takes the first event of this name that has come and was not taken, or the next one that comes. Events of other names stay
   * where they are.
   *
   * @param event as it is sent; for what namespaces and rooms go through as in a map of functions: `onRoomJoined`
   * @throws {EVENT_MISSING} that tells what has come instead
   */
  async expectEvent<Name extends keyof Hears & string>(
    event: Name,
    options: ExpectOptions<Hears[Name]> = {},
  ): Promise<HeardEvent<Hears[Name]>> {
    const heard = await this.#take(this.#end.recorder, event, options);
    return heard as HeardEvent<Hears[Name]>; // the test says what its server sends
  }

  /**
   * Makes sure that no event of this name comes that was not taken; without a name that none comes at all.
   *
   * @throws {EVENT_UNEXPECTED}
   */
  async expectNoEvent<Name extends keyof Hears & string>(
    event?: Name,
    options: ExpectOptions<Hears[Name]> = {},
  ): Promise<void> {
    const wanted = wantedOf(event, options);
    this.#end.recorder.refuse(wanted);
    await this.#patience.notToCome(options.timeoutMs, new AbortController().signal);
    this.#end.recorder.refuse(wanted);
  }

  /** Sends a raw message, without namespace, room or name. */
  emitNative(body: Body): void {
    this.conn.emitNative(body);
  }

  /** As {@link TestClient.expectEvent} for raw messages. They are heard once the namespace `""` is connected. */
  expectNative(options: ExpectOptions = {}): Promise<HeardEvent> {
    return this.#take(this.#end.recorder, NATIVE_MESSAGE, options);
  }

  /**
   * As {@link TestClient.expectEvent} for the errors that the server answers emits with: `body` is the text. Errors of asks are
   * what their promises are rejected with.
   *
   * @param event the one that was emitted
   */
  expectError(event: string, options: ExpectOptions = {}): Promise<HeardEvent> {
    return this.#take(this.#end.errors, event, options);
  }

  /** Disconnects the namespace. The connection stays. @throws a {@link RemoteError} with the server's refusal */
  disconnect(options?: WaitOptions): Promise<void> {
    return this.#inNamespace((ns) => ns.disconnect(options));
  }

  /** Closes the connection with a close frame. Then await {@link TestClient.closed}. */
  close(code?: number, reason?: string): void {
    this.conn.close(code, reason);
  }

  /** Ends the connection at once and without a close frame, as a process that dies: the server sees 1006. */
  terminate(): void {
    this.#end.conn.terminate('terminated by the test');
  }

  async #connect(namespace: string, body: unknown): Promise<NSConn> {
    const { bodyOf } = this.#end;
    if (body !== undefined) bodyOf.set(namespace, toPayload(body));
    try {
      return await this.conn.connect(namespace);
    } finally {
      bodyOf.delete(namespace);
    }
  }

  /** What may be refused may be looked at later, as with any client: after the clock was moved on. */
  #inNamespace<T>(action: (ns: NSConn) => Promise<T>): Promise<T> {
    const run = async (): Promise<T> => await action(this.ns);
    return observed(run());
  }

  #heard(): HeardEvent[] {
    return this.#end.recorder.messages.map((message) => message as HeardEvent); // its body is text or bytes, as it came
  }

  #take<T>(recorder: Recorder, event: string, options: ExpectOptions<T>): Promise<HeardEvent> {
    // Where the connection ends, nothing can come any more.
    const ended = this.#end.conn.closed.then(({ code, reason }) => {
      return `before the connection closed (${code}${reason ? `: ${reason}` : ''})`;
    });
    const patience = (signal: AbortSignal): Promise<string> =>
      Promise.race([ended, this.#patience.toCome(options.timeoutMs, signal)]);
    return recorder.take(wantedOf(event, options), patience) as Promise<HeardEvent>; // its body is text or bytes, as it came
  }
}

function wantedOf<T>(event: string | undefined, { namespace, room, where }: ExpectOptions<T>): Wanted {
  return {
    event: event === undefined ? undefined : (systemEventOf(event) ?? event),
    namespace,
    room,
    where: where as Wanted['where'], // it is shown events of this name only
  };
}
