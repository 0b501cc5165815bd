import type { CloseInfo, WaitOptions } from '../ports/conn.js';
import type { ClientMessage } from './client-message.js';
import type { Contract, ContractOf, NameIn, ReplyTo, SaidWith } from './contract.js';
import type { ConnState } from './dial-options.js';
import type { ConnectOptions } from './dialled.js';
import type { StreamOptions } from './message-stream.js';
import type { Readable } from './store.js';

/** What serves each namespace, by its name: controllers, maps, or contracts written by hand, as {@link ContractOf} reads them. */
export type ContractsOf<Contracts> = { readonly [Namespace in keyof Contracts]: object };

/** Any namespaces, with any events. */
export type AnyContracts = Readonly<Record<string, Contract>>;

/**
 * A connection to a server. It stays the same object when the connection is lost and comes back.
 *
 * @typeParam Contracts what serves the namespaces, as given to `dial`; any when left out
 */
export interface ClientConn<Contracts extends ContractsOf<Contracts> = AnyContracts> {
  /** The public id that the server has given, at the last welcome. */
  readonly id: string;
  /** How the connection stands: for pages to show. */
  readonly state: Readable<ConnState>;
  /** Fulfilled when the connection has ended for good. Never rejects. */
  readonly closed: Promise<CloseInfo>;
  /** The namespaces that are connected, in the order in which they were. */
  readonly namespaces: readonly ClientNSConn[];

  /** The namespace if it is connected. */
  namespace<Name extends NameIn<Contracts>>(name: Name): ClientNSConn<ContractOf<Contracts[Name]>> | undefined;
  /**
   * Connects a namespace. Connecting what is connected gives what there is.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, or a `RemoteError` with the server's refusal
   */
  connect<Name extends NameIn<Contracts>>(
    namespace: Name,
    options?: ConnectOptions,
  ): Promise<ClientNSConn<ContractOf<Contracts[Name]>>>;
  /** Waits until the server has connected the namespace, or this end. */
  waitServerConnect<Name extends NameIn<Contracts>>(
    namespace: Name,
    options?: WaitOptions,
  ): Promise<ClientNSConn<ContractOf<Contracts[Name]>>>;
  disconnectAll(options?: WaitOptions): Promise<void>;
  /** Sends a raw message, without namespace, room or name. */
  emitNative(body: string | ArrayBuffer | ArrayBufferView): void;
  /** Ends the connection for good. What waits is rejected. */
  close(code?: number, reason?: string): void;
}

/**
 * A namespace that has been connected: what a page speaks through.
 *
 * @typeParam C what is said and heard in it; anything when left out
 */
export interface ClientNSConn<C extends Contract<unknown, unknown> = Contract> {
  readonly conn: ClientConn;
  readonly namespace: string;
  /** The rooms that are joined, in the order in which they were. */
  readonly rooms: readonly ClientRoom<C>[];

  /**
   * Sends an event, which the server will not answer. A string goes as it is, bytes as a binary frame, anything else as JSON.
   *
   * @throws {BODY_NOT_SENDABLE} {QUEUE_FULL}
   */
  emit<Name extends NameIn<C['says']>>(event: Name, ...body: SaidWith<C['says'][Name]>): void;
  /**
   * Sends an event and waits for the answer. Always settles: with the reply, or with an error.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, or a `RemoteError` with what the handler has thrown
   */
  ask<Name extends NameIn<C['says']>>(
    event: Name,
    ...args: [...body: SaidWith<C['says'][Name]>, options?: WaitOptions]
  ): Promise<ClientMessage<ReplyTo<C['says'][Name]>>>;
  /** Hears an event from now on, besides what the map of events says. Call what it returns to stop. */
  on<Name extends NameIn<C['hears']>>(event: Name, handler: ClientHandler<C['hears'][Name], C>): () => void;
  /** The messages of an event from now on, for a `for await` loop. It ends with the namespace, and outlives reconnects. */
  on<Name extends NameIn<C['hears']>>(
    event: Name,
    options?: StreamOptions,
  ): AsyncIterableIterator<ClientMessage<C['hears'][Name]>, undefined>;

  /** Joins a room. Joining what is joined gives what there is. */
  joinRoom(name: string, options?: WaitOptions): Promise<ClientRoom<C>>;
  /** The room if it is joined. */
  room(name: string): ClientRoom<C> | undefined;
  leaveAll(options?: WaitOptions): Promise<void>;
  disconnect(options?: WaitOptions): Promise<void>;
}

/**
 * A room that has been joined.
 *
 * @typeParam C as of its {@link ClientNSConn}
 */
export interface ClientRoom<C extends Contract<unknown, unknown> = Contract> {
  readonly name: string;
  /** Sends an event to the server, marked with the room. */
  emit<Name extends NameIn<C['says']>>(event: Name, ...body: SaidWith<C['says'][Name]>): void;
  leave(options?: WaitOptions): Promise<void>;
}

/** Hears an event. What it returns, or a promise of it, answers where the server asks. */
export type ClientHandler<Body, C extends Contract<unknown, unknown> = Contract> = (
  msg: ClientMessage<Body>,
  ns: ClientNSConn<C>,
) => unknown;
