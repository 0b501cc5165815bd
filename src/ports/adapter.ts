import type { Body } from '../protocol/message.js';
import type { Target } from './hub.js';

/** An event on its way to many. */
export interface BroadcastContent {
  readonly event: string;
  readonly body: Body;
  readonly binary: boolean;
  /** Whether the body is JSON: clients that read the mark are told so, on every server. */
  readonly json?: true;
}

/** Somebody who is meant by a target, wherever connected. */
export interface Member {
  readonly id: string;
  /** The private key of the connection: equal ids stay two members. */
  readonly key: string;
}

/** What a server wants to know of, or have done by, every other one. */
export type Query =
  | { readonly kind: 'count'; readonly target: Target }
  | { readonly kind: 'members'; readonly target: Target }
  | { readonly kind: 'broadcast'; readonly target: Target; readonly content: BroadcastContent }
  | { readonly kind: 'ask'; readonly target: Target; readonly content: BroadcastContent; readonly timeoutMs: number };

/** What one server answers for its own connections. `nobody`: none of them is meant. */
export type QueryResult =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  | { readonly kind: 'reply'; readonly id: string; readonly body: Body }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'nobody' };

/** What servers send each other: plain data with strings, numbers and bytes, so that an adapter can write it down. */
export type Envelope =
  | { readonly kind: 'broadcast'; readonly from: string; readonly target: Target; readonly content: BroadcastContent }
  | { readonly kind: 'query'; readonly from: string; readonly queryId: string; readonly query: Query }
  | { readonly kind: 'result'; readonly to: string; readonly queryId: string; readonly result: QueryResult };

/**
 * Carries envelopes between the servers of one application.
 *
 * What an adapter promises:
 * - **Order**: broadcasts of one server to one namespace are delivered in the order in which they were published.
 * - **Duplicates**: none. An envelope is delivered to a server once, and never to the one that published it.
 * - **Loss**: at most once. What is published while a server cannot be reached is lost for it, and counted where it can be.
 * - A broadcast is delivered to the servers that had subscribed to its namespace before it was published; a query to all
 *   others; a result to the server it names.
 *
 * The contract suite in `test/contract` holds every adapter to this.
 */
export interface Adapter {
  /**
   * Takes part under the name `serverId`, and begins to deliver. Called once, before anything else.
   *
   * @param deliver does not throw
   */
  start(serverId: string, deliver: (envelope: Envelope) => void): Promise<void>;
  /** Fulfilled when broadcasts to the namespace are delivered from now on. */
  subscribe(namespace: string): void | Promise<void>;
  unsubscribe(namespace: string): void;
  /** Fulfilled when the envelope is on its way; rejected when it is not. */
  publish(envelope: Envelope): void | Promise<void>;
  /** How many other servers take part: so many results a query can have. */
  countPeers(): number | Promise<number>;
  stop(): Promise<void>;
}
