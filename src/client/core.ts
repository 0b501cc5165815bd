import type { WaitOptions } from '../ports/conn.js';
import type { ClientMessage } from './client-message.js';
import type { DialledConn, DialledNSConn, DialledRoom, Listener } from './dialled.js';
import type { Circumstances } from './read-message.js';
import type { Share } from './share.js';
import type { Incoming, Payload, Target } from './wire.js';

/** Handlers of one namespace by event, those of lifecycle events by neffos's names. */
export type Handlers = ReadonlyMap<string, Listener>;

/** What is to be known of a lifecycle event. */
export type About = Partial<Incoming> & Circumstances;

/** What a namespace needs of its connection. */
export interface Core {
  readonly conn: DialledConn;
  /** By name: those that are connected, and while the connection is lost those that will be again. In order. */
  readonly connected: Map<string, Namespace>;
  /** How often the connection was lost, so that what belongs to another one is told apart. */
  epoch: number;
  /** How it was lost the last time. */
  loss: unknown;
  readonly handlers: ReadonlyMap<string, Handlers>;
  /** Throws if the connection has ended for good. */
  check(): void;
  create(name: string): Namespace;
  /** Tells those who wait for a namespace. */
  arrived(name: string): void;
  emit(target: Target, body: unknown): void;
  /** @param isFirst whether it passes what waits to be sent: what restores the state that the rest counts on */
  request<T>(
    target: Target,
    wait: WaitOptions | undefined,
    take: (answer: Partial<Incoming>) => T | Promise<T>,
    payload?: Payload,
    isFirst?: boolean,
  ): Promise<T>;
  readonly share: Share;
  /** Calls a handler, and waits for it no longer than it may take. */
  call(listener: Listener, msg: ClientMessage, ns: DialledNSConn): Promise<unknown>;
  report(error: unknown, target: Target): void;
  /** Ends the socket, as one that is of no use, so that the connection comes back by another. */
  giveUp(reason: string): void;
  /** Runs what holds up the messages that come. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** A namespace of a connection, as the connection sees it. */
export interface Namespace {
  readonly ns: DialledNSConn;
  /** While this side disconnects it: fulfilled when the server has answered. */
  ending(): Promise<void> | undefined;
  /** What connecting it says, each time; nothing where the server has connected it, and does so again by itself. */
  wanted: Payload | undefined;
  /** Calls the handler of a lifecycle event. Throws what it throws: the caller knows whether that refuses. */
  fire(event: string, about: About): Promise<void>;
  /** The same for an event that cannot refuse. */
  tell(event: string, about: About): Promise<void>;
  /** Calls whoever hears an event. What the first of them returns is the answer. Throws what the first throws, once all were called. */
  hear(message: Incoming): Promise<unknown>;
  /** Takes it as connected, and tells of it once. Gives what is connected, where both sides have asked for it. */
  install(circumstances: Circumstances): Promise<Namespace>;
  enter(room: string, circumstances: Circumstances): Promise<DialledRoom>;
  exit(room: string, circumstances: Circumstances): Promise<void>;
  end(circumstances: Circumstances): Promise<void>;
  /** The connection was lost: gives what is to be told of it, in order. */
  lose(isFinal: boolean): Telling[];
  /** Connects it and joins its rooms once more, and adds what is to be told of it. */
  restore(tellings: Telling[]): Promise<void>;
}

/** Something to be told when its turn has come. */
export type Telling = () => unknown;
