import type { Body } from '../protocol/message.js';
import type { ConnRequest } from './conn-request.js';
import type { Logger } from './logger.js';
import type { Message } from './message.js';

/** Events that are sent and the bodies they carry, where nobody said more. */
export type EventMap = Record<string, unknown>;

/** The shape of a list of events, so that an interface fits as well as a type alias. */
export type EventsOf<Events> = { [Name in keyof Events]: unknown };

/** What an event is sent with: nothing where its body may be `undefined`. */
export type BodyArgs<T> = undefined extends T ? [body?: T] : [body: T];

/**
 * What tells two lists of events apart, for the compiler alone: an NSConn that sends more events, or takes more bodies, stands
 * in for one that sends less. One of any events and one of a list stand in for each other.
 */
type Sends<Events> = string extends keyof Events
  ? // biome-ignore lint/suspicious/noExplicitAny: nothing else fits, and is fitted by, every list
    any
  : { readonly [Name in keyof Events]: (body: Events[Name]) => void };

/** How long to wait for the other side. Whatever ends the waiting first decides. */
export interface WaitOptions {
  /** When to stop waiting, in milliseconds from the call. @default the server's or client's `askTimeoutMs`, 10000 */
  readonly timeoutMs?: number;
  /** Stops waiting when it aborts. */
  readonly signal?: AbortSignal;
}

/** How a connection ended. 1006 when it ended without a close frame. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

/** One connection, seen from one of its ends. Made by a server or by dialling, never by `new`. */
export abstract class Conn {
  /** The public id: several connections may share one (a user with many tabs). */
  abstract readonly id: string;
  /** Random and unique; never sent to anybody. */
  abstract readonly key: string;
  /** The request of the upgrade, hooks done: session, cookies, params, user, log. */
  abstract readonly request: ConnRequest;
  /** Who is behind the connection, as the route's hooks have found out. */
  abstract readonly user: unknown;
  abstract readonly log: Logger;
  /** The subprotocol that was agreed on in the upgrade; empty when there is none. */
  abstract readonly protocol: string;
  /** How often the client tried before it came back; 0 on a first connection. */
  abstract readonly reconnectTries: number;
  abstract readonly wasReconnected: boolean;
  abstract readonly isClosed: boolean;
  /** Fulfilled when the connection has closed and every event about it has been handled. Never rejects. */
  abstract readonly closed: Promise<CloseInfo>;
  /** Aborts when the connection closes. */
  abstract readonly signal: AbortSignal;
  /** The namespaces that are connected, in the order in which they were. */
  abstract readonly namespaces: readonly NSConn[];

  /** Values of the application that live as long as the connection. */
  abstract get(key: string): unknown;
  abstract set(key: string, value: unknown): void;
  /** Adds one, starting from 0, and gives the result. */
  abstract increment(key: string): number;
  abstract decrement(key: string): number;

  /** The namespace if it is connected. */
  abstract namespace(name: string): NSConn | undefined;
  /**
   * Connects the other side to a namespace, after the handshake. Both ends hear `OnNamespaceConnect` and may refuse.
   * Connecting what is connected gives what there is.
   *
   * @throws {NAMESPACE_UNKNOWN} when nothing here serves it
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, or the refusal of the other side
   */
  abstract connect(namespace: string, options?: WaitOptions): Promise<NSConn>;
  /** Waits until the other side has connected the namespace, or this one. */
  abstract waitConnect(namespace: string, options?: WaitOptions): Promise<NSConn>;
  abstract disconnectAll(options?: WaitOptions): Promise<void>;
  /** Sends a raw message, without namespace, room or name. */
  abstract emitNative(body: Body): void;
  /** Closes with a close frame. Namespaces are left and rooms too, with their events; it cannot be refused. */
  abstract close(code?: number, reason?: string): void;
}

/**
 * A connection in a namespace: what handlers speak through.
 *
 * @typeParam Emits the events that this side sends, with their bodies; any when left out
 */
export abstract class NSConn<Emits extends EventsOf<Emits> = EventMap> {
  /** Never there: for the compiler. */
  declare readonly '~sends'?: Sends<Emits>;
  abstract readonly conn: Conn;
  abstract readonly namespace: string;
  /** The rooms that are joined, in the order in which they were. */
  abstract readonly rooms: readonly Room<Emits>[];

  /**
   * Sends an event to the other side, which will not answer. A string goes as it is, bytes as a binary frame, anything
   * else as JSON.
   *
   * After the connection has closed it is dropped: closing races every emit, so that is not the caller's mistake. Where
   * delivery matters, use {@link NSConn.ask}.
   *
   * @throws {MESSAGE_TOO_LARGE} when the encoded message exceeds `limits.maxMessageBytes`
   */
  abstract emit<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;

  /**
   * Sends an event and waits for the answer. Always settles: with the reply, or with an error.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED} {MESSAGE_TOO_LARGE}, or a {@link RemoteError} with the other side's text
   */
  abstract ask<Name extends keyof Emits & string>(
    event: Name,
    body?: Emits[Name],
    options?: WaitOptions,
  ): Promise<Message>;

  /** Joins the other side to a room. Joining what is joined gives what there is. */
  abstract joinRoom(name: string, options?: WaitOptions): Promise<Room<Emits>>;
  abstract room(name: string): Room<Emits> | undefined;
  abstract leaveAll(options?: WaitOptions): Promise<void>;
  abstract disconnect(options?: WaitOptions): Promise<void>;

  /** Sends an event to everybody in the namespace, this connection included. Server only. Costs one encoding. */
  abstract broadcast<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;
  /** Sends an event to everybody else in the namespace. Server only. */
  abstract broadcastOthers<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;

  /** The public id of the connection. */
  abstract toString(): string;
}

/**
 * A room that a connection has joined in a namespace.
 *
 * @typeParam Emits the events that this side sends, as of its {@link NSConn}
 */
export interface Room<Emits extends EventsOf<Emits> = EventMap> {
  /** Never there: for the compiler. */
  readonly '~sends'?: Sends<Emits>;
  readonly name: string;
  readonly ns: NSConn<Emits>;

  /** Sends an event to the other side of this connection only, marked with the room. */
  emit<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;
  leave(options?: WaitOptions): Promise<void>;
  /** Sends an event to everybody in the room, this connection included. Server only. */
  broadcast<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;
  /** Sends an event to everybody else in the room. Server only. */
  broadcastOthers<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;
}
