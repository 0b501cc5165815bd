import type { Adapter, AdapterHost, AdapterState, Envelope, QueryResult } from '../../src/ports/adapter.js';
import { keyOf, type Topic } from '../../src/ports/topic.js';

/** An adapter that does what a test tells it to, and remembers what it was asked. */
export class ScriptedAdapter implements Adapter {
  /** The keys of the topics: `ndefault` for the namespace `default`. */
  readonly subscribed: string[] = [];
  readonly unsubscribed: string[] = [];
  readonly published: Envelope[] = [];
  isStopped = false;
  /** What each method does besides remembering; may throw or reject. */
  onStart: () => void | Promise<void> = () => {};
  onSubscribe: (topics: readonly string[]) => void | Promise<void> = () => {};
  onUnsubscribe: () => void = () => {};
  onPublish: (envelope: Envelope) => void | Promise<void> = () => {};
  others: readonly string[] = ['other'];
  #host: AdapterHost | undefined;

  get serverId(): string {
    return this.#host?.serverId ?? '';
  }

  async start(host: AdapterHost): Promise<void> {
    this.#host = host;
    await this.onStart();
  }

  deliver(envelope: Envelope): void {
    this.#host?.deliver(envelope);
  }

  /** Answers a query of this server. */
  answer(queryId: string, result: QueryResult, { from = 'other', isLast = true } = {}): void {
    this.deliver({ kind: 'result', from, to: this.serverId, queryId, result, isLast });
  }

  peerLeft(serverId: string): void {
    this.#host?.peerLeft(serverId);
  }

  become(state: AdapterState): void {
    this.#host?.stateChanged(state);
  }

  subscribe(topics: readonly Topic[]): void | Promise<void> {
    const keys = topics.map(keyOf);
    this.subscribed.push(...keys);
    return this.onSubscribe(keys);
  }

  unsubscribe(topics: readonly Topic[]): void {
    this.unsubscribed.push(...topics.map(keyOf));
    this.onUnsubscribe();
  }

  publish(envelope: Envelope): void | Promise<void> {
    this.published.push(envelope);
    return this.onPublish(envelope);
  }

  peers(): readonly string[] {
    return this.others;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}
