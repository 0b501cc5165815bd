import type { RemoteError } from '../errors.js';
import type { Member } from './adapter.js';
import type { BodyArgs, EventMap, EventsOf, WaitOptions } from './conn.js';

/** A connection, or what belongs to one. */
export interface HasConn {
  readonly conn: { readonly key: string };
}

/** Who is left out: a connection or a namespace of it means that connection, a string every connection with that public id. */
export type Exception = { readonly key: string } | HasConn | string;

/** The answer of one connection, wherever it is connected. */
export interface Answer {
  /** The public id of who answered. */
  readonly id: string;
  readonly body: string | Uint8Array;
  readonly isBinary: boolean;
  /** @throws {BODY_NOT_JSON} */
  json(): unknown;
}

/** One connection that was asked and has not answered well. */
export interface Failure {
  /** Its public id. */
  readonly id: string;
  /** `text` is its error reply; `code` says `ASK_TIMEOUT`, `CONN_CLOSED` and the like where there was none. */
  readonly error: RemoteError;
}

/** What came of asking all. */
export interface Gathered {
  /** In the order in which they came. */
  readonly answers: readonly Answer[];
  readonly failures: readonly Failure[];
  /** The names of servers that have not told of their connections in time: how many answers are missing there is not known. */
  readonly silentServers: readonly string[];
  /** Whether everybody who was meant has answered: no failures, and no server that has kept silent. */
  readonly isComplete: boolean;
}

/** A message for many, in neffos's form. */
export interface BroadcastMessage {
  readonly namespace: string;
  readonly room?: string;
  readonly event: string;
  readonly body?: unknown;
  /** Only the connections with this public id. */
  readonly to?: string;
}

/**
 * Those who are meant: everybody in a namespace, narrowed step by step. Each step gives a new target and changes nothing.
 *
 * ```ts
 * app.nefeli.in('default').room('lobby').except(ns).broadcast('chat', 'hello');
 * ```
 *
 * @typeParam Emits the events that are sent, with their bodies; any when left out: `in<ChatEvents>('default')`
 *
 * Several rooms are a union, several ids are a union; rooms, ids and exceptions together intersect.
 */
export interface BroadcastTarget<Emits extends EventsOf<Emits> = EventMap> {
  /** Those who have joined the room. */
  room(...names: string[]): BroadcastTarget<Emits>;
  /** The connections with this public id: all tabs of a user. */
  to(...ids: string[]): BroadcastTarget<Emits>;
  /** All but these: a connection, a namespace of it, or every connection with a public id. */
  except(...exceptions: Exception[]): BroadcastTarget<Emits>;

  /**
   * Sends an event to all of them, on every server of the cluster. Nobody answers; what fails is counted and reported.
   *
   * @throws {MESSAGE_TOO_LARGE} {EVENT_RESERVED} {BODY_NOT_SENDABLE} for what could be sent to nobody
   */
  broadcast<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): void;

  /**
   * As `broadcast`, and tells to how many connections the event was handed once every server has done so. A server that
   * does not answer within `askTimeoutMs` is not in the number; rejects when the others cannot be asked at all.
   */
  broadcastAcked<Name extends keyof Emits & string>(event: Name, ...body: BodyArgs<Emits[Name]>): Promise<number>;

  /**
   * Asks all of them, and gives the first answer.
   *
   * @throws {ASK_UNHEARD} when nobody is meant, {ASK_TIMEOUT} {ASK_ABORTED}, or the error of the last one if all answer with errors
   */
  ask<Name extends keyof Emits & string>(event: Name, body?: Emits[Name], options?: WaitOptions): Promise<Answer>;

  /**
   * Asks all of them, and gives every answer that comes within `timeoutMs`, with those that have failed by name. Where nobody is
   * meant it is complete and empty. Rejects when the others cannot be asked at all.
   *
   * @throws {ASK_ABORTED}
   */
  gather<Name extends keyof Emits & string>(event: Name, body?: Emits[Name], options?: WaitOptions): Promise<Gathered>;

  /** How many connections are meant, on every server that answers in time. Rejects when the others cannot be asked at all. */
  count(): Promise<number>;

  /** Which connections are meant, on every server that answers in time. Rejects when the others cannot be asked at all. */
  members(): Promise<readonly Member[]>;

  /** The rooms that any of them has joined, on every server that answers in time. */
  rooms(): Promise<readonly string[]>;

  /**
   * Joins each of them to a room, wherever it is connected, as `ns.joinRoom` does. Gives the number that has joined, or was there:
   * who refuses, or goes meanwhile, is not in it, nor a server that does not answer in time.
   */
  joinRoom(name: string, options?: WaitOptions): Promise<number>;
  /** Lets each of them leave a room. Gives the number that has. */
  leaveRoom(name: string, options?: WaitOptions): Promise<number>;
  /** Disconnects each of them from the namespace. Gives the number that was. */
  disconnect(options?: WaitOptions): Promise<number>;
  /**
   * Closes the connection of each of them. Gives the number that was.
   *
   * @param code @default 1000
   * @throws {OPTION_INVALID} for a code that no close frame may carry
   */
  close(code?: number, reason?: string): Promise<number>;
}

/** The shape of a list of namespaces and the events that are sent there, so that an interface fits as well as a type alias. */
export type NamespacesOf<Namespaces> = { [Name in keyof Namespaces]: EventsOf<Namespaces[Name]> };

/**
 * Speaks to many from anywhere, without a connection in hand: services, HTTP controllers and jobs have it injected. Bound in
 * the container when `nefeli` is registered.
 *
 * ```ts
 * class News {
 *   constructor(@inject(Broadcaster) private readonly broadcaster: Broadcaster<{ default: ChatEvents }>) {}
 *   publish(text: string) { this.broadcaster.in('default').broadcast('chat', text); }
 * }
 * ```
 *
 * With several mounts, `@inject(Broadcaster) @named('admin')` is that of one; without a name it is that of the mount
 * `default`, or of the first.
 *
 * @typeParam Namespaces the events that are sent, by namespace; any when left out
 */
export abstract class Broadcaster<Namespaces extends NamespacesOf<Namespaces> = Record<string, EventMap>> {
  /**
   * Everybody in a namespace, to be narrowed and then broadcast to, asked or counted.
   *
   * @throws {BROADCASTER_UNREADY} before the mount is there: in constructors of controllers, and when its app has closed
   * @throws {BROADCASTER_AMBIGUOUS} when several apps share the container
   */
  abstract in<Name extends keyof Namespaces & string>(namespace: Name): BroadcastTarget<Namespaces[Name]>;

  /**
   * Sends messages to many, in order, as neffos does. `in(…)` reads better where there is one.
   *
   * @param except who is left out; nobody when `undefined`
   */
  abstract broadcast(except: Exception | undefined, ...messages: readonly BroadcastMessage[]): void;

  /** Asks everybody a message is for, and gives the first answer. Errors as with {@link BroadcastTarget.ask}. */
  abstract ask(message: BroadcastMessage, options?: WaitOptions): Promise<Answer>;
}
