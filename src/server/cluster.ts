import type {
  Adapter,
  AdapterHost,
  AdapterState,
  BroadcastContent,
  Envelope,
  Query,
  QueryResult,
} from '../ports/adapter.js';
import type { Scheduler } from '../ports/clock.js';
import type { Target } from '../ports/hub.js';
import type { Logger } from '../ports/logger.js';
import type { Metrics } from '../ports/metrics.js';
import type { Random } from '../ports/random.js';
import type { Topic } from '../ports/topic.js';
import { publishClusterChanged } from './diagnostics.js';
import { Gathering } from './gathering.js';
import { Interest } from './interest.js';

/** What this server does for the others. */
export interface LocalServer {
  deliver(target: Target, content: BroadcastContent): number;
  /**
   * Gives the last result.
   *
   * @param tell takes results before that
   * @param signal aborts when nobody waits for them any more
   */
  answer(query: Query, tell: (result: QueryResult) => void, signal: AbortSignal): QueryResult | Promise<QueryResult>;
  hear(from: string, content: BroadcastContent): void;
}

interface ClusterParts {
  readonly adapter: Adapter;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly log: Logger;
}

type QueryEnvelope = Extract<Envelope, { kind: 'query' }>;

const NOBODY: QueryResult = { kind: 'nobody' };

/** A question to the other servers, and how long it may take. */
export interface Question {
  readonly query: Query;
  readonly timeoutMs: number;
  /** Ends it before that. */
  readonly until?: AbortSignal;
}

/** The other servers of the application, seen from this one. */
export class Cluster {
  readonly serverId: string;
  readonly #parts: ClusterParts;
  readonly #interest: Interest;
  readonly #gatherings = new Map<string, Gathering>();
  /** What this server is doing for others and can be called off, by who has asked and its number. */
  readonly #answering = new Map<string, AbortController>();
  #state: AdapterState = 'up';
  /** An adapter that would not start has nothing to be stopped, or serves another server. */
  #hasRefused = false;

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.serverId = parts.random.uuid();
    this.#interest = new Interest(parts.adapter, (error, doing) => this.#failed(error, doing));
  }

  get state(): AdapterState {
    return this.#state;
  }

  /** The names of the other servers, as far as is known. */
  get peers(): readonly string[] {
    return this.#parts.adapter.peers();
  }

  async start(local: LocalServer): Promise<void> {
    const { adapter, scheduler, random, metrics, log } = this.#parts;
    const host: AdapterHost = {
      ...{ serverId: this.serverId, scheduler, random, metrics, log },
      deliver: (envelope) => this.#receive(local, envelope),
      peerLeft: (serverId) => this.#peerLeft(serverId),
      stateChanged: (state) => this.#stateChanged(state),
    };
    try {
      await adapter.start(host);
    } catch (error) {
      this.#hasRefused = true;
      throw error;
    }
  }

  async stop(): Promise<void> {
    if (!this.#hasRefused) await this.#parts.adapter.stop();
    for (const controller of this.#answering.values()) controller.abort();
    for (const gathering of this.#gatherings.values()) gathering.end();
  }

  /** Fulfilled when what other servers broadcast under these topics arrives here; `undefined` where it does already. */
  enter(...topics: readonly Topic[]): undefined | Promise<void> {
    return this.#interest.enter(topics);
  }

  leave(...topics: readonly Topic[]): void {
    this.#interest.leave(topics);
  }

  broadcast(target: Target, content: BroadcastContent): void {
    void this.#publish({ kind: 'broadcast', from: this.serverId, target, content });
  }

  emit(content: BroadcastContent): void {
    void this.#publish({ kind: 'event', from: this.serverId, content });
  }

  /**
   * Asks every other server, and tells each result as it comes. Fulfilled when all have answered, or gone, or the time is up, with
   * the names of those that have not answered; rejected when the adapter cannot ask them.
   */
  async query(
    { query, timeoutMs, until }: Question,
    onResult: (result: QueryResult) => void,
  ): Promise<readonly string[]> {
    if (until?.aborted) return this.peers;
    const queryId = this.#parts.random.token();
    const gathering = new Gathering(this.peers, onResult);
    const end = (): void => gathering.end();
    let refusal: { readonly error: unknown } | undefined;
    const timer = this.#parts.scheduler.after(timeoutMs, end);
    until?.addEventListener('abort', end, { once: true });
    this.#gatherings.set(queryId, gathering);
    void this.#publish({ kind: 'query', from: this.serverId, queryId, query }, (error) => {
      refusal = { error };
      gathering.fail(error);
    });
    let silent: readonly string[] = [];
    try {
      silent = await gathering.ended;
      // Where no other server is known that is no answer either: nobody could be heard of.
      if (refusal) throw refusal.error;
      return silent;
    } finally {
      timer.cancel();
      until?.removeEventListener('abort', end);
      this.#gatherings.delete(queryId);
      // What was answered first need not be looked for any longer. Counts and lists are there at once.
      if (silent.length > 0 && 'timeoutMs' in query) {
        void this.#publish({ kind: 'cancel', from: this.serverId, queryId });
      }
    }
  }

  #receive(local: LocalServer, envelope: Envelope): void {
    switch (envelope.kind) {
      case 'broadcast':
        return this.#deliver(envelope.content, () => local.deliver(envelope.target, envelope.content));
      case 'event':
        return this.#deliver(envelope.content, () => local.hear(envelope.from, envelope.content));
      case 'query':
        void this.#answer(local, envelope);
        return;
      case 'cancel':
        return this.#answering.get(nameOf(envelope))?.abort();
      case 'result':
        return this.#gatherings.get(envelope.queryId)?.add(envelope.from, envelope.result, envelope.isLast);
    }
  }

  /** It answers nothing any more, and hears nothing. */
  #peerLeft(serverId: string): void {
    for (const gathering of this.#gatherings.values()) gathering.lose(serverId);
    const prefix = nameOf({ from: serverId, queryId: '' });
    for (const [name, controller] of this.#answering) if (name.startsWith(prefix)) controller.abort();
  }

  /** An adapter delivers to several servers in one turn, perhaps: what one cannot deliver is not the others' business. */
  #deliver({ event }: BroadcastContent, deliver: () => void): void {
    try {
      deliver();
    } catch (err) {
      this.#parts.metrics.count('adapter.dropped');
      this.#parts.log.error({ err, event }, 'a broadcast of another server could not be delivered');
    }
  }

  async #answer(local: LocalServer, question: QueryEnvelope): Promise<void> {
    const { from: to, queryId, query } = question;
    const from = this.serverId;
    const name = nameOf(question);
    const controller = new AbortController();
    this.#answering.set(name, controller);
    const told: Promise<void>[] = [];
    let isTold = true;
    const fail = (): void => {
      isTold = false;
    };
    const tell = (result: QueryResult): void => {
      if (controller.signal.aborted) return;
      told.push(this.#publish({ kind: 'result', from, to, queryId, result, isLast: false }, fail));
    };
    let result: QueryResult = NOBODY;
    try {
      result = await local.answer(query, tell, controller.signal);
    } catch (err) {
      // Whoever asks is told so much that it need not wait.
      this.#parts.log.error({ err, query: query.kind }, 'a question of another server could not be answered');
    } finally {
      this.#answering.delete(name);
    }
    await Promise.all(told);
    // Whoever asks must not take for complete what has not all been sent: to it this server has kept silent.
    if (controller.signal.aborted || !isTold) return;
    await this.#publish({ kind: 'result', from, to, queryId, result, isLast: true });
  }

  /** @param onFailed is told what else nobody would hear of */
  async #publish(envelope: Envelope, onFailed?: (error: unknown) => void): Promise<void> {
    try {
      await this.#parts.adapter.publish(envelope);
    } catch (error) {
      this.#failed(error, `publish ${envelope.kind}`);
      onFailed?.(error);
    }
  }

  #stateChanged(state: AdapterState): void {
    if (state === this.#state) return;
    this.#state = state;
    if (state === 'down') {
      this.#parts.metrics.count('adapter.down');
      this.#giveUp([...this.#gatherings.values()]);
    }
    publishClusterChanged(state);
  }

  /** What was answered while the adapter was down is not heard. Questions that were not sent are told so first. */
  #giveUp(gatherings: readonly Gathering[]): void {
    setImmediate(() => {
      for (const gathering of gatherings) gathering.end();
    });
  }

  /** While the adapter is down every call fails, and one line has said so: the rest is counted. */
  #failed(err: unknown, doing: string): void {
    this.#parts.metrics.count('adapter.failed');
    if (this.#state === 'up') this.#parts.log.error({ err, doing }, 'the adapter failed');
  }
}

const nameOf = ({ from, queryId }: { readonly from: string; readonly queryId: string }): string => `${from}/${queryId}`;
