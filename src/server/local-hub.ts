import { toPayload } from '../core/body.js';
import { checkEvent, checkName, type Encoding } from '../core/outbound.js';
import { WsError } from '../errors.js';
import type { Act, BroadcastContent, Member, Query, QueryResult } from '../ports/adapter.js';
import type { Answer, Gathered } from '../ports/broadcaster.js';
import type { Conn, NSConn, WaitOptions } from '../ports/conn.js';
import type { Hub, Target } from '../ports/hub.js';
import type { Metrics } from '../ports/metrics.js';
import type { Topic } from '../ports/topic.js';
import { isSendableCloseCode } from '../protocol/close-codes.js';
import type { Cluster, LocalServer, Question } from './cluster.js';
import { Everywhere, REPORT_MS } from './everywhere.js';
import type { TargetActions } from './live-broadcast-target.js';
import { LocalAnswers, type Patience } from './local-answers.js';
import { LocalDelivery } from './local-delivery.js';
import type { Registry } from './registry.js';

/** The longest that a timer takes, less what other servers are waited for beyond it. @source Node: 2^31 − 1 ms, and 1 ms instead of what is longer */
const MAX_TIMER_MS = 2 ** 31 - 1 - REPORT_MS;

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
  /** Another server has emitted an event to this one. */
  readonly onEvent: (from: string, content: BroadcastContent) => void;
}

/** Where the connections of a server meet each other, and those of the other servers. */
export class LocalHub implements Hub, LocalServer, TargetActions {
  readonly #parts: HubParts;
  readonly #delivery: LocalDelivery;
  readonly #here: LocalAnswers;
  readonly #everywhere: Everywhere;

  constructor(parts: HubParts) {
    this.#parts = parts;
    this.#delivery = new LocalDelivery(parts.encoding, parts.metrics, parts.registry);
    this.#here = new LocalAnswers(parts.registry, this.#delivery);
    this.#everywhere = new Everywhere(this.#here, parts.cluster);
  }

  enter(namespace: string, conn: Conn): undefined | Promise<void> {
    return this.#parts.cluster?.enter(...topicsOf(namespace, conn));
  }

  abandon(namespace: string, conn: Conn): void {
    this.#parts.cluster?.leave(...topicsOf(namespace, conn));
  }

  connected(ns: NSConn): void {
    this.#parts.registry.connected(ns);
  }

  disconnected(ns: NSConn): void {
    if (this.#parts.registry.disconnected(ns)) this.abandon(ns.namespace, ns.conn);
  }

  enterRoom(ns: NSConn, room: string): undefined | Promise<void> {
    return this.#parts.cluster?.enter({ kind: 'room', namespace: ns.namespace, room });
  }

  abandonRoom(ns: NSConn, room: string): void {
    this.#parts.cluster?.leave({ kind: 'room', namespace: ns.namespace, room });
  }

  joined(ns: NSConn, room: string): void {
    this.#parts.registry.joined(ns, room);
  }

  left(ns: NSConn, room: string): void {
    this.#parts.registry.left(ns, room);
    this.abandonRoom(ns, room);
  }

  ended(conn: Conn): void {
    for (const ns of conn.namespaces) this.disconnected(ns);
    this.#parts.onEnded(conn);
  }

  broadcast(target: Target, event: string, body: unknown): void {
    const { cluster } = this.#parts;
    if (!cluster) return void this.#sendHere(target, event, body);
    const content = this.#contentOf(event, body);
    this.#parts.metrics.count('broadcasts.sent');
    // What is too large must not reach the other servers. They are told first: what has to cross a network takes longest.
    const frames = this.#delivery.encode(target, content);
    cluster.broadcast(target, content);
    this.#delivery.deliver(target, content, frames);
  }

  async broadcastAcked(target: Target, event: string, body: unknown): Promise<number> {
    const { content, receivers } = this.#sendHere(target, event, body);
    return receivers + (await this.#sum({ kind: 'broadcast', target, content }));
  }

  async count(target: Target): Promise<number> {
    return this.#here.count(target) + (await this.#sum({ kind: 'count', target }));
  }

  async members(target: Target): Promise<readonly Member[]> {
    const members = this.#here.members(target);
    await this.#query({ kind: 'members', target }, (result) => {
      if (result.kind === 'members') members.push(...result.members);
    });
    return members;
  }

  async rooms(target: Target): Promise<readonly string[]> {
    const rooms = new Set(this.#here.rooms(target));
    await this.#query({ kind: 'rooms', target }, (result) => {
      if (result.kind === 'rooms') for (const room of result.rooms) rooms.add(room);
    });
    return [...rooms];
  }

  async ask(target: Target, event: string, body: unknown, options: WaitOptions = {}): Promise<Answer> {
    return await this.#everywhere.ask({
      target,
      content: this.#contentOf(event, body),
      patience: this.#patienceOf(options),
    });
  }

  async gather(target: Target, event: string, body: unknown, options: WaitOptions = {}): Promise<Gathered> {
    const content = this.#contentOf(event, body);
    return await this.#everywhere.gather({ target, content, patience: this.#patienceOf(options) });
  }

  async act(target: Target, act: Act, options: WaitOptions = {}): Promise<number> {
    if ('room' in act) checkName('room', act.room, this.#parts.encoding);
    if (act.kind === 'close' && !isSendableCloseCode(act.code)) {
      const expected = '1000 to 1003, 1007 to 1014, or 3000 to 4999';
      throw new WsError('OPTION_INVALID', { option: 'code of close()', value: act.code, expected });
    }
    const patience = this.#patienceOf(options);
    const { timeoutMs, signal } = patience;
    const question = { timeoutMs: timeoutMs + REPORT_MS, ...(signal && { until: signal }) };
    const [here, elsewhere] = await Promise.all([
      this.#here.act(target, act, patience),
      this.#sum({ kind: 'act', target, act, timeoutMs }, question),
    ]);
    return here + elsewhere;
  }

  /** What another server wants of this one's connections. */
  answer(query: Query, tell: (result: QueryResult) => void, signal: AbortSignal): Promise<QueryResult> {
    return this.#here.answer(query, tell, signal);
  }

  hear(from: string, content: BroadcastContent): void {
    this.#parts.onEvent(from, content);
  }

  deliver(target: Target, content: BroadcastContent): number {
    return this.#delivery.deliver(target, content);
  }

  countHere(target: Target): number {
    return this.#here.count(target);
  }

  membersHere(target: Target): Member[] {
    return this.#here.members(target);
  }

  /** @throws {OPTION_INVALID} for a time that is no number, here where the caller can be told: no other server could read it */
  #patienceOf({ timeoutMs = this.#parts.askTimeoutMs, signal }: WaitOptions): Patience {
    if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs)) {
      throw new WsError('OPTION_INVALID', {
        option: 'timeoutMs',
        value: timeoutMs,
        expected: 'a number of milliseconds',
      });
    }
    return { timeoutMs: Math.min(Math.max(timeoutMs, 1), MAX_TIMER_MS), ...(signal && { signal }) };
  }

  async #sum(query: Query, limits?: Partial<Question>): Promise<number> {
    let sum = 0;
    const add = (result: QueryResult): void => {
      if (result.kind === 'count') sum += result.count;
    };
    await this.#query(query, add, limits);
    return sum;
  }

  async #query(query: Query, onResult: (result: QueryResult) => void, limits?: Partial<Question>): Promise<void> {
    await this.#parts.cluster?.query({ timeoutMs: this.#parts.askTimeoutMs, ...limits, query }, onResult);
  }

  #sendHere(target: Target, event: string, body: unknown): { content: BroadcastContent; receivers: number } {
    const content = this.#contentOf(event, body);
    this.#parts.metrics.count('broadcasts.sent');
    const receivers = this.deliver(target, content);
    // What is too large is found when it is encoded: where nobody here needed that, it must not reach the other servers.
    if (receivers === 0) this.#delivery.encode(target, content);
    return { content, receivers };
  }

  /** Refuses here, where the caller can be told, what no connection could be sent. */
  #contentOf(event: string, body: unknown): BroadcastContent {
    checkEvent(event, this.#parts.encoding);
    const payload = toPayload(body);
    return { event, body: payload.body, binary: payload.binary, json: payload.json };
  }
}

/** What a connection in a namespace has to be subscribed to. */
const topicsOf = (namespace: string, { id }: Conn): readonly Topic[] => [
  { kind: 'namespace', namespace },
  { kind: 'id', id },
];
