import type { Body } from '../protocol/message.js';
import type { Scheduler } from './clock.js';
import type { Target } from './hub.js';
import type { Logger } from './logger.js';
import type { Metrics } from './metrics.js';
import type { Random } from './random.js';
import type { Topic } from './topic.js';

/** An event on its way to many. An adapter carries it as a whole: fields that it does not know, too. */
export interface BroadcastContent {
  readonly event: string;
  readonly body: Body;
  readonly binary: boolean;
  /** Whether the body is JSON: clients that read the mark are told so, on every server. */
  readonly json?: true | undefined;
}

/** Somebody who is meant by a target, wherever connected. */
export interface Member {
  readonly id: string;
  /** The private key of the connection: equal ids stay two members. */
  readonly key: string;
}

/** What a server can be told to do with its connections that are meant. */
export type Act =
  | { readonly kind: 'joinRoom'; readonly room: string }
  | { readonly kind: 'leaveRoom'; readonly room: string }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string };

/** What a server wants to know of, or have done by, every other one. */
export type Query =
  | { readonly kind: 'count'; readonly target: Target }
  | { readonly kind: 'members'; readonly target: Target }
  | { readonly kind: 'rooms'; readonly target: Target }
  | { readonly kind: 'broadcast'; readonly target: Target; readonly content: BroadcastContent }
  | { readonly kind: 'ask'; readonly target: Target; readonly content: BroadcastContent; readonly timeoutMs: number }
  | { readonly kind: 'gather'; readonly target: Target; readonly content: BroadcastContent; readonly timeoutMs: number }
  | { readonly kind: 'act'; readonly target: Target; readonly act: Act; readonly timeoutMs: number };

/** What one server answers for its own connections. `nobody`: none of them is meant. */
export type QueryResult =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'members'; readonly members: readonly Member[] }
  | { readonly kind: 'rooms'; readonly rooms: readonly string[] }
  | { readonly kind: 'reply'; readonly id: string; readonly body: Body }
  /** `id`: of the connection that has failed, where one was asked among several. */
  | { readonly kind: 'error'; readonly text: string; readonly id?: string }
  | { readonly kind: 'nobody' };

/**
 * What servers send each other: plain data with strings, numbers and bytes, so that an adapter can write it down. `from` and
 * `to` are names of servers. A query has any number of results of each server, the last of them marked; `cancel` says that they
 * are not waited for any more.
 */
export type Envelope =
  | { readonly kind: 'broadcast'; readonly from: string; readonly target: Target; readonly content: BroadcastContent }
  | { readonly kind: 'event'; readonly from: string; readonly content: BroadcastContent }
  | { readonly kind: 'query'; readonly from: string; readonly queryId: string; readonly query: Query }
  | { readonly kind: 'cancel'; readonly from: string; readonly queryId: string }
  | {
      readonly kind: 'result';
      readonly from: string;
      readonly to: string;
      readonly queryId: string;
      readonly result: QueryResult;
      readonly isLast: boolean;
    };

/** Whether the other servers can be reached. `down`: the adapter is trying to get there, for as long as it takes. */
export type AdapterState = 'up' | 'down';

/** What an adapter is given by the server that takes part through it. */
export interface AdapterHost {
  /** The name of this server: random, and new with each start. */
  readonly serverId: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Does not throw. */
  deliver(envelope: Envelope): void;
  /** Another server takes part no more: its results need not be waited for. */
  peerLeft(serverId: string): void;
  /** Told of each change. An adapter that has started is `up` unless it has said otherwise. */
  stateChanged(state: AdapterState): void;
}

/**
 * Carries envelopes between the servers of one application.
 *
 * What an adapter promises:
 * - **Interest**: a broadcast is delivered to the servers that had subscribed to its topic (`topicOf(target)`) before it was
 *   published; an event, a query and a `cancel` to all others; a result to the server it names. Nothing else reaches a server.
 * - **Order**: what one server publishes is delivered to another in the order in which it was published, whatever its topics.
 *   Nothing is said of two servers.
 * - **Duplicates**: none. An envelope is delivered to a server once, and never to the one that published it.
 * - **Loss**: at most once. Broadcasts and events that are published while the broker is down wait for it within a bound, or
 *   are refused: `publish` rejects. Those that were published and did not arrive are counted as `adapter.lost`, by the server
 *   that has missed them. Queries and results do not wait: whoever asks is told that it cannot ask, or who has kept silent.
 * - **Forged, malformed**: what is no envelope is dropped and counted as `adapter.malformed`. Nothing that arrives throws.
 * - **Membership**: a server that stops is forgotten by the others at once, one that dies within 12 s.
 *
 * Durable delivery would be a property of its own, `readonly history?: …`, with a position in each broadcast and a way to read
 * on from one. The rest of the port would stay as it is.
 *
 * The contract suite in `test/contract` holds every adapter to this.
 */
export interface Adapter {
  /**
   * Takes part, and begins to deliver. Called before anything else; anew only after `stop`, and refused with `ADAPTER_IN_USE`
   * otherwise. Fulfilled when the others that are there are known; rejected when the adapter cannot, or will not, go on without
   * its broker: then it has let go of everything, and is not stopped.
   */
  start(host: AdapterHost): Promise<void>;
  /**
   * Fulfilled when broadcasts under these topics are delivered from now on. While the adapter is down it is fulfilled at once, and
   * holds from the moment in which it is up again.
   */
  subscribe(topics: readonly Topic[]): void | Promise<void>;
  unsubscribe(topics: readonly Topic[]): void;
  /** Fulfilled when the envelope is on its way, or waits for the broker; rejected when it is neither. */
  publish(envelope: Envelope): void | Promise<void>;
  /** The names of the other servers that take part, as far as is known here. */
  peers(): readonly string[];
  /** Leaves: the others are told, and what waits is sent if it can be sent soon. Twice is once. */
  stop(): Promise<void>;
}
