import type { Adapter, BroadcastContent, Envelope, Query, QueryResult } from '../ports/adapter.js';
import type { Scheduler } from '../ports/clock.js';
import type { Target } from '../ports/hub.js';
import type { Logger } from '../ports/logger.js';
import type { Metrics } from '../ports/metrics.js';
import type { Random } from '../ports/random.js';
import { Gathering } from './gathering.js';

/** What this server does for the others. */
export interface LocalServer {
  deliver(target: Target, content: BroadcastContent): number;
  answer(query: Query): QueryResult | Promise<QueryResult>;
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

/** The other servers of the application, seen from this one. */
export class Cluster {
  readonly #parts: ClusterParts;
  readonly #serverId: string;
  readonly #gatherings = new Map<string, Gathering>();
  /** How many connections of this server are in a namespace, or about to be: while there is one, it is subscribed. */
  readonly #interest = new Map<string, { count: number; readonly ready: Promise<void> }>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#serverId = parts.random.uuid();
  }

  async start(local: LocalServer): Promise<void> {
    await this.#parts.adapter.start(this.#serverId, (envelope) => this.#receive(local, envelope));
  }

  async stop(): Promise<void> {
    await this.#parts.adapter.stop();
  }

  /** Fulfilled when broadcasts of other servers to the namespace arrive here. */
  async enter(namespace: string): Promise<void> {
    let interest = this.#interest.get(namespace);
    if (!interest) {
      interest = { count: 0, ready: this.#subscribe(namespace) };
      this.#interest.set(namespace, interest);
    }
    interest.count += 1;
    try {
      await interest.ready;
    } catch (error) {
      this.leave(namespace);
      throw error;
    }
  }

  leave(namespace: string): void {
    const interest = this.#interest.get(namespace);
    if (!interest) return;
    interest.count -= 1;
    if (interest.count > 0) return;
    this.#interest.delete(namespace);
    try {
      this.#parts.adapter.unsubscribe(namespace);
    } catch (error) {
      // Whoever leaves has left all the same.
      this.#failed(error, 'unsubscribe');
    }
  }

  broadcast(target: Target, content: BroadcastContent): void {
    void this.#publish({ kind: 'broadcast', from: this.#serverId, target, content });
  }

  /**
   * Asks every other server, and tells each result as it comes. Fulfilled when all have answered or the time is up, with
   * whether all have; rejected when the adapter cannot ask them.
   *
   * @param until ends it before that
   */
  async query(
    query: Query,
    timeoutMs: number,
    onResult: (result: QueryResult) => void,
    until?: AbortSignal,
  ): Promise<boolean> {
    if (until?.aborted) return false;
    const queryId = this.#parts.random.token();
    const gathering = new Gathering(onResult);
    const end = (): void => gathering.end();
    const timer = this.#parts.scheduler.after(timeoutMs, end);
    until?.addEventListener('abort', end, { once: true });
    this.#gatherings.set(queryId, gathering);
    // Nothing is awaited before the question is on its way: what is broadcast next stays behind it.
    void this.#expectPeers(gathering);
    void this.#publish({ kind: 'query', from: this.#serverId, queryId, query }, (error) => gathering.fail(error));
    try {
      return await gathering.ended;
    } finally {
      timer.cancel();
      until?.removeEventListener('abort', end);
      this.#gatherings.delete(queryId);
    }
  }

  #receive(local: LocalServer, envelope: Envelope): void {
    switch (envelope.kind) {
      case 'broadcast':
        return this.#deliver(local, envelope.target, envelope.content);
      case 'query':
        void this.#answer(local, envelope);
        return;
      case 'result':
        return this.#gatherings.get(envelope.queryId)?.add(envelope.result);
    }
  }

  /** An adapter delivers to several servers in one turn, perhaps: what one cannot deliver is not the others' business. */
  #deliver(local: LocalServer, target: Target, content: BroadcastContent): void {
    try {
      local.deliver(target, content);
    } catch (err) {
      this.#parts.metrics.count('adapter.dropped');
      this.#parts.log.error({ err, event: content.event }, 'a broadcast of another server could not be delivered');
    }
  }

  async #answer(local: LocalServer, { from, queryId, query }: QueryEnvelope): Promise<void> {
    let result: QueryResult = NOBODY;
    try {
      result = await local.answer(query);
    } catch (err) {
      // Whoever asks is told so much that it need not wait.
      this.#parts.log.error({ err, query: query.kind }, 'a question of another server could not be answered');
    }
    await this.#publish({ kind: 'result', to: from, queryId, result });
  }

  async #subscribe(namespace: string): Promise<void> {
    try {
      await this.#parts.adapter.subscribe(namespace);
    } catch (error) {
      this.#failed(error, 'subscribe');
      throw error;
    }
  }

  async #expectPeers(gathering: Gathering): Promise<void> {
    try {
      gathering.expect(await this.#parts.adapter.countPeers());
    } catch (error) {
      this.#failed(error, 'countPeers');
      gathering.fail(error);
    }
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

  #failed(err: unknown, doing: string): void {
    this.#parts.metrics.count('adapter.failed');
    this.#parts.log.error({ err, doing }, 'the adapter failed');
  }
}
