import { toPayload } from '../core/body.js';
import { checkEvent, type Encoding } from '../core/outbound.js';
import { RemoteError, WsError } from '../errors.js';
import type { BroadcastContent, Member, Query, QueryResult } from '../ports/adapter.js';
import type { Answer } from '../ports/broadcaster.js';
import type { Conn, NSConn, WaitOptions } from '../ports/conn.js';
import type { Hub, Target } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import { answerOf, askFirst, unheard } from './asker.js';
import type { Cluster, LocalServer } from './cluster.js';
import type { TargetActions } from './live-broadcast-target.js';
import { LocalDelivery } from './local-delivery.js';
import type { Registry } from './registry.js';

interface HubParts {
  readonly registry: Registry;
  readonly encoding: Encoding;
  readonly metrics: Metrics;
  /** The other servers; none when this is the only one. */
  readonly cluster: Cluster | undefined;
  /** How long questions to the other servers may take. */
  readonly askTimeoutMs: number;
  /** A connection takes part in nothing any more. */
  readonly onEnded: (conn: Conn) => void;
}

/** Where the connections of a server meet each other, and those of the other servers. */
export class LocalHub implements Hub, LocalServer, TargetActions {
  readonly #parts: HubParts;
  readonly #delivery: LocalDelivery;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#delivery = new LocalDelivery(parts.encoding, parts.metrics, parts.registry);
  }

  enter(namespace: string): void | Promise<void> {
    return this.#parts.cluster?.enter(namespace);
  }

  abandon(namespace: string): void {
    this.#parts.cluster?.leave(namespace);
  }

  connected(ns: NSConn): void {
    this.#parts.registry.connected(ns);
  }

  disconnected(ns: NSConn): void {
    if (this.#parts.registry.disconnected(ns)) this.#parts.cluster?.leave(ns.namespace);
  }

  joined(ns: NSConn, room: string): void {
    this.#parts.registry.joined(ns, room);
  }

  left(ns: NSConn, room: string): void {
    this.#parts.registry.left(ns, room);
  }

  ended(conn: Conn): void {
    for (const ns of conn.namespaces) this.disconnected(ns);
    this.#parts.onEnded(conn);
  }

  broadcast(target: Target, event: string, body: unknown): void {
    const { content } = this.#sendHere(target, event, body);
    this.#parts.cluster?.broadcast(target, content);
  }

  async broadcastAcked(target: Target, event: string, body: unknown): Promise<number> {
    const { content, receivers } = this.#sendHere(target, event, body);
    return receivers + (await this.#sum({ kind: 'broadcast', target, content }));
  }

  async count(target: Target): Promise<number> {
    return this.countHere(target) + (await this.#sum({ kind: 'count', target }));
  }

  async members(target: Target): Promise<readonly Member[]> {
    const members = this.membersHere(target);
    await this.#query({ kind: 'members', target }, (result) => {
      if (result.kind === 'members') members.push(...result.members);
    });
    return members;
  }

  async ask(target: Target, event: string, body: unknown, options: WaitOptions = {}): Promise<Answer> {
    const content = this.#contentOf(event, body);
    const { timeoutMs = this.#parts.askTimeoutMs, signal } = options;
    const found = new AbortController();
    const until = signal ? AbortSignal.any([signal, found.signal]) : found.signal;
    let answer: Answer | undefined;
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure = error;
    };
    const settle = (outcome: Answer | Error | undefined): void => {
      if (outcome instanceof Error) return fail(outcome);
      answer ??= outcome;
      if (answer) found.abort();
    };
    const elsewhere = this.#parts.cluster?.query(
      { kind: 'ask', target, content, timeoutMs },
      timeoutMs,
      (result) => settle(answerOf(event, result)),
      until,
    );
    const here = this.#askHere(target, content, { timeoutMs, signal: until }).then(settle, fail);
    const allHeard = await (elsewhere?.catch(fail) ?? true);
    await here;
    if (answer) return answer;
    if (signal?.aborted) throw new WsError('ASK_ABORTED', { event }, { cause: signal.reason });
    // A server that keeps silent may have somebody who is meant.
    throw failure ?? (allHeard ? unheard(event) : new WsError('ASK_TIMEOUT', { event, timeoutMs }));
  }

  /** What another server wants of this one's connections. */
  async answer(query: Query): Promise<QueryResult> {
    const { target } = query;
    switch (query.kind) {
      case 'count':
        return { kind: 'count', count: this.countHere(target) };
      case 'members':
        return { kind: 'members', members: this.membersHere(target) };
      case 'broadcast':
        return { kind: 'count', count: this.deliver(target, query.content) };
      case 'ask':
        return await this.#answerAsk(target, query.content, query.timeoutMs);
    }
  }

  deliver(target: Target, content: BroadcastContent): number {
    return this.#delivery.deliver(target, content);
  }

  countHere(target: Target): number {
    let count = 0;
    for (const _ of this.#parts.registry.receivers(target)) count += 1;
    return count;
  }

  membersHere(target: Target): Member[] {
    return Array.from(this.#parts.registry.receivers(target), ({ conn: { id, key } }) => ({ id, key }));
  }

  async #askHere(
    target: Target,
    content: BroadcastContent,
    options: WaitOptions & { readonly timeoutMs: number },
  ): Promise<Answer | undefined> {
    const receivers = [...this.#parts.registry.receivers(target)];
    return receivers.length === 0 ? undefined : await askFirst(receivers, content, options);
  }

  async #answerAsk(target: Target, content: BroadcastContent, timeoutMs: number): Promise<QueryResult> {
    try {
      const answer = await this.#askHere(target, content, { timeoutMs });
      return answer ? { kind: 'reply', id: answer.id, body: answer.body } : { kind: 'nobody' };
    } catch (error) {
      return { kind: 'error', text: textOf(error) };
    }
  }

  async #sum(query: Query): Promise<number> {
    let sum = 0;
    await this.#query(query, (result) => {
      if (result.kind === 'count') sum += result.count;
    });
    return sum;
  }

  async #query(query: Query, onResult: (result: QueryResult) => void): Promise<void> {
    await this.#parts.cluster?.query(query, this.#parts.askTimeoutMs, onResult);
  }

  #sendHere(target: Target, event: string, body: unknown): { content: BroadcastContent; receivers: number } {
    const content = this.#contentOf(event, body);
    this.#parts.metrics.count('broadcasts.sent');
    const receivers = this.deliver(target, content);
    // What is too large is found when it is encoded: where nobody here needed that, it must not reach the other servers.
    if (receivers === 0) this.#delivery.check(target, content);
    return { content, receivers };
  }

  /** Refuses here, where the caller can be told, what no connection could be sent. */
  #contentOf(event: string, body: unknown): BroadcastContent {
    checkEvent(event, this.#parts.encoding);
    return { event, ...toPayload(body) };
  }
}

/** What another server is told of an error, so that it becomes the same error there where that is possible. */
function textOf(error: unknown): string {
  if (error instanceof RemoteError) return error.text;
  return error instanceof WsError ? (error.wireText ?? error.code) : String(error);
}
