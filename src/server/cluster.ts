import type { Adapter, BroadcastContent, Envelope, Query, QueryResult } from '../ports/adapter.js';
import type { Scheduler, Timer } from '../ports/clock.js';
import type { Target } from '../ports/hub.js';
import type { Logger } from '../ports/logger.js';
import type { Metrics } from '../ports/metrics.js';
import type { Random } from '../ports/random.js';

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

interface Gathering {
  readonly onResult: (result: QueryResult) => void;
}

const NOBODY: QueryResult = { kind: 'nobody' };

/** The other servers of the application, seen from this one. */
export class Cluster {
  readonly #parts: ClusterParts;
  readonly #serverId: string;
  #local: LocalServer | undefined;
  readonly #gatherings = new Map<string, Gathering>();
  /** How many connections of this server are in a namespace, or about to be: while there is one, it is subscribed. */
  readonly #interest = new Map<string, { count: number; readonly ready: Promise<void> }>();

  constructor(parts: ClusterParts) {
    this.#parts = parts;
    this.#serverId = parts.random.uuid();
  }

  async start(local: LocalServer): Promise<void> {
    this.#local = local;
    await this.#parts.adapter.start(this.#serverId, (envelope) => this.#receive(envelope));
  }

  async stop(): Promise<void> {
    await this.#parts.adapter.stop();
  }

  /** Fulfilled when broadcasts of other servers to the namespace arrive here. */
  async enter(namespace: string): Promise<void> {
    let interest = this.#interest.get(namespace);
    if (!interest) {
      interest = { count: 0, ready: Promise.resolve(this.#parts.adapter.subscribe(namespace)) };
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
    this.#parts.adapter.unsubscribe(namespace);
  }

  broadcast(target: Target, content: BroadcastContent): void {
    this.#publish({ kind: 'broadcast', from: this.#serverId, target, content });
  }

  /**
   * Asks every other server, and tells each result as it comes. Fulfilled when all have answered or the time is up.
   *
   * @param until ends it before that
   */
  async query(
    query: Query,
    timeoutMs: number,
    onResult: (result: QueryResult) => void,
    until?: AbortSignal,
  ): Promise<void> {
    let missing = await this.#parts.adapter.countPeers();
    if (missing === 0 || until?.aborted) return;
    const queryId = this.#parts.random.token();
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      timer = this.#parts.scheduler.after(timeoutMs, resolve);
      until?.addEventListener('abort', () => resolve(), { once: true });
      this.#gatherings.set(queryId, {
        onResult: (result) => {
          onResult(result);
          missing -= 1;
          if (missing === 0) resolve();
        },
      });
      this.#publish({ kind: 'query', from: this.#serverId, queryId, query });
    });
    timer?.cancel();
    this.#gatherings.delete(queryId);
  }

  #receive(envelope: Envelope): void {
    switch (envelope.kind) {
      case 'broadcast':
        this.#local?.deliver(envelope.target, envelope.content);
        return;
      case 'query':
        void this.#answer(envelope.from, envelope.queryId, envelope.query);
        return;
      case 'result':
        this.#gatherings.get(envelope.queryId)?.onResult(envelope.result);
        return;
    }
  }

  async #answer(to: string, queryId: string, query: Query): Promise<void> {
    try {
      const result = (await this.#local?.answer(query)) ?? NOBODY;
      this.#publish({ kind: 'result', to, queryId, result });
    } catch (err) {
      this.#parts.log.error({ err, query: query.kind }, 'a question of another server could not be answered');
    }
  }

  /** What cannot be published is counted and logged: nobody waits who could be told. */
  #publish(envelope: Envelope): void {
    const failed = (err: unknown): void => {
      this.#parts.metrics.count('adapter.failed');
      this.#parts.log.error({ err, kind: envelope.kind }, 'the adapter did not publish');
    };
    try {
      const result = this.#parts.adapter.publish(envelope);
      if (result) result.catch(failed);
    } catch (err) {
      failed(err);
    }
  }
}
