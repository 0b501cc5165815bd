import type { ConnArrival } from '../core/conn-identity.js';
import type { EventTable } from '../core/event-table.js';
import { LiveConn } from '../core/live-conn.js';
import { observed } from '../core/observed.js';
import { checkEvent, checkName, type Encoding } from '../core/outbound.js';
import type { ConnSettings } from '../core/settings.js';
import { WsError } from '../errors.js';
import type { Answer, BroadcastMessage, BroadcastTarget, Exception } from '../ports/broadcaster.js';
import type { Timer } from '../ports/clock.js';
import type { ClusterView } from '../ports/cluster.js';
import type { Conn, EventMap, EventsOf, WaitOptions } from '../ports/conn.js';
import type { Logger } from '../ports/logger.js';
import type { Metrics } from '../ports/metrics.js';
import type { Socket } from '../ports/socket.js';
import { CloseCode, isSendableCloseCode } from '../protocol/close-codes.js';
import { closeInBatches } from './close-in-batches.js';
import { Cluster } from './cluster.js';
import { publishClosed, publishOpened } from './diagnostics.js';
import { Heartbeat } from './heartbeat.js';
import { addExceptions, everybodyIn, LiveBroadcastTarget } from './live-broadcast-target.js';
import { LiveClusterView } from './live-cluster-view.js';
import { LocalHub } from './local-hub.js';
import { LocalView, targetOf } from './local-view.js';
import { type ResolvedOptions, resolveOptions, type ServerOptions } from './options.js';
import { Outbox, type OutboxOptions } from './outbox.js';
import { ConnectionCounts, type QuotaRefusal } from './quotas.js';
import { Registry } from './registry.js';
import { Session } from './session.js';

/** What is known of a connection when its upgrade has been answered. */
export interface Arrival extends ConnArrival {
  /** The network address of the client. Read only where connections are counted by it: it may cost a system call. */
  readonly address: string;
}

/** What the connections of a server that closes are told, and how long it waits for them. */
export interface CloseOptions {
  /** @default 1001, going away; 1012 tells clients that a restart is under way */
  readonly code?: number;
  readonly reason?: string;
  /** How long clients may take to answer the close frame before they are cut off. @default the option `closeGraceMs`, the most there is */
  readonly graceMs?: number;
  /**
   * The most that closing is spread over, in milliseconds: 500 connections at a time, each half a second, or faster where that would take
   * longer. 0 closes all at once. @default the option `closeSpreadMs`
   */
  readonly spreadMs?: number;
  /**
   * How long all of it may take, in milliseconds. Handlers that have not ended by then are left behind, and reported.
   * @default 35000
   */
  readonly timeoutMs?: number;
}

/** @source Kubernetes grants 30 s from SIGTERM by default; whoever needs more says so there, and here */
const DEFAULT_CLOSE_TIMEOUT_MS = 35_000;

/** Many connections, and everything that concerns more than one of them. */
export class Server {
  /** What is on this server, at once and without asking the others. */
  readonly local: LocalView;
  /** The other servers of the application. */
  readonly cluster: ClusterView;
  readonly metrics: Metrics;
  readonly closeGraceMs: number;
  readonly #log: Logger;
  readonly #resolved: ResolvedOptions;
  readonly #settings: ConnSettings;
  readonly #outboxOptions: OutboxOptions;
  readonly #registry = new Registry();
  readonly #hub: LocalHub;
  readonly #cluster: Cluster | undefined;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #counts: ConnectionCounts;
  readonly #sessions = new Map<Conn, Session>();
  #started: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {OPTION_INVALID}, and {NAME_TOO_LONG} {NAME_NOT_ENCODABLE} {EVENT_RESERVED} for a name that no client could send */
  constructor(options: ServerOptions) {
    const resolved = resolveOptions(options);
    const { metrics, scheduler, random, limits, heartbeat, askTimeoutMs } = resolved;
    const { adapter, log, table, onConnect, onDisconnect, release, onError, onRemoteError } = options;
    this.#resolved = resolved;
    this.metrics = options.metrics ?? metrics;
    this.#log = log;
    this.closeGraceMs = resolved.closeGraceMs;
    this.#outboxOptions = { maxOutboxBytes: limits.maxOutboxBytes, slowReader: resolved.slowReader, metrics };
    this.#counts = new ConnectionCounts(limits);
    this.#heartbeat = heartbeat
      ? new Heartbeat({ ...heartbeat, messageTimeoutMs: limits.messageTimeoutMs }, scheduler, random)
      : undefined;
    this.#cluster = adapter && new Cluster({ adapter, scheduler, random, metrics, log });
    const cluster = new LiveClusterView(this.#cluster?.serverId ?? random.uuid(), this.#cluster, log);
    this.cluster = cluster;
    const encoding = { wire: options.wire(limits), limits };
    checkNames(table, encoding);
    this.#hub = new LocalHub({
      registry: this.#registry,
      encoding,
      metrics,
      cluster: this.#cluster,
      askTimeoutMs,
      onEnded: (conn) => this.#onEnded(conn),
      onEvent: (from, content) => cluster.hear(from, content),
    });
    this.local = new LocalView(this.#registry, this.#hub);
    this.#settings = {
      side: 'server',
      table,
      ...encoding,
      ...resolved,
      hub: this.#hub,
      ...(onConnect && { onConnect }),
      ...(onDisconnect && { onDisconnect }),
      ...(release && { release }),
      ...(onError && { onError }),
      ...(onRemoteError && { onRemoteError }),
    };
  }

  /** Whether new connections are turned away because the server is being closed. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** The largest message that a connection may send. */
  get maxMessageBytes(): number {
    return this.#resolved.limits.maxMessageBytes;
  }

  /** What may have come of messages that are not whole, over all connections. */
  get maxUnfinishedBytes(): number {
    return this.#resolved.limits.maxUnfinishedBytes;
  }

  /** How long one message of a connection may take to come, in milliseconds. */
  get messageTimeoutMs(): number {
    return this.#resolved.limits.messageTimeoutMs;
  }

  /** Joins the other servers. Needed before the first connection where there is an adapter; twice is once. */
  start(): Promise<void> {
    this.#started ??= Promise.resolve(this.#cluster?.start(this.#hub));
    return this.#started;
  }

  /** Whether the address of a connection is asked for at all. */
  get countsByAddress(): boolean {
    return this.#counts.isByAddress;
  }

  /** Why a connection from this address would not be taken now; `undefined` if it would. */
  refusalFor(address: string): QuotaRefusal | undefined {
    return this.#counts.refusalFor(address);
  }

  /**
   * Takes a connection whose upgrade has been answered. It is read from within this call on: nothing is lost.
   *
   * @returns `undefined` when it is turned away, with 1001 by a server that closes, with 1013 by one that is full
   * @throws {ID_EMPTY}
   */
  accept(socket: Socket, arrival: Arrival): Conn | undefined {
    if (arrival.id === '') throw new WsError('ID_EMPTY', {});
    const address = this.countsByAddress ? arrival.address : '';
    // Hooks of the upgrade take time, in which the last place may have been taken.
    const refusal = this.isClosing ? 'server closed' : this.#counts.refusalFor(address);
    if (refusal !== undefined) {
      this.#resolved.metrics.count('connections.refused');
      socket.close(this.isClosing ? CloseCode.GoingAway : CloseCode.TryAgainLater, refusal);
      return undefined;
    }
    const outbox = new Outbox(socket, this.#outboxOptions);
    const conn = new LiveConn(this.#settings, outbox, { random: this.#resolved.random, arrival });
    const session = new Session(conn, outbox, address);
    outbox.belongTo(session);
    this.#enroll(session);
    conn.start();
    return conn;
  }

  /** Everybody in a namespace, to be narrowed and then broadcast to, asked or counted. */
  in<Emits extends EventsOf<Emits> = EventMap>(namespace: string): BroadcastTarget<Emits> {
    return new LiveBroadcastTarget<Emits>(this.#hub, everybodyIn(namespace));
  }

  /**
   * Sends messages to many, in order, as neffos does. `in(…)` reads better where there is one.
   *
   * @param except who is left out; nobody when `undefined`
   */
  broadcast(except: Exception | undefined, ...messages: readonly BroadcastMessage[]): void {
    for (const message of messages) {
      const target = targetOf(message);
      this.#hub.broadcast(except ? addExceptions(target, [except]) : target, message.event, message.body);
    }
  }

  /** Asks everybody a message is for, and gives the first answer. Errors as with {@link BroadcastTarget.ask}. */
  ask(message: BroadcastMessage, options?: WaitOptions): Promise<Answer> {
    return observed(this.#hub.ask(targetOf(message), message.event, message.body, options));
  }

  /** A snapshot of the connections of this server; of those in a namespace when one is named. Equal ids are not one. */
  connections(namespace?: string): readonly Conn[] {
    return namespace === undefined ? this.#registry.connections() : this.local.connectionsOf(namespace);
  }

  /** Runs `action` for every connection of this server. Rejects with the first error, after all have been tried. */
  async do(action: (conn: Conn) => unknown): Promise<void> {
    const results = await Promise.allSettled(this.connections().map(async (conn) => await action(conn)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /**
   * Turns new connections away, closes all there are with 1001, in batches where they are many, waits for their events to be
   * handled, and cuts off who does not answer the close frame in time. Twice is once.
   *
   * @throws {OPTION_INVALID} for a code that no close frame may carry; nothing is closed then
   */
  close(options: CloseOptions = {}): Promise<void> {
    const { code = CloseCode.GoingAway } = options;
    if (!isSendableCloseCode(code)) {
      const expected = '1001, 1012, or another code that a close frame may carry';
      return Promise.reject(new WsError('OPTION_INVALID', { option: 'code of close()', value: code, expected }));
    }
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  async #close(options: CloseOptions): Promise<void> {
    const { code = CloseCode.GoingAway, reason = '', graceMs = this.closeGraceMs } = options;
    const { scheduler, closeSpreadMs } = this.#resolved;
    const { spreadMs = closeSpreadMs, timeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
    const sessions = [...this.#sessions.values()];
    const finish = closeInBatches(sessions, { code, reason, graceMs, spreadMs }, scheduler);
    let hardStop: Timer | undefined;
    const overdue = new Promise<void>((resolve) => {
      hardStop = scheduler.after(timeoutMs, () => {
        this.#log.error({ connections: this.#sessions.size, timeoutMs }, 'closed before all handlers had ended');
        resolve();
      });
    });
    await Promise.race([Promise.all(sessions.map((session) => session.over)), overdue]);
    finish();
    hardStop?.cancel();
    this.#heartbeat?.stop();
    if (this.#started) await this.#cluster?.stop();
  }

  #enroll(session: Session): void {
    const { conn } = session;
    this.#sessions.set(conn, session);
    this.#registry.add(conn);
    this.#counts.add(session.address);
    this.#heartbeat?.add(session);
    this.#resolved.metrics.count('connections.opened');
    publishOpened(conn);
  }

  #onEnded(conn: Conn): void {
    const session = this.#sessions.get(conn);
    if (!session) return;
    void session.over.then(() => this.#sessions.delete(conn));
    this.#registry.remove(session.conn);
    this.#counts.remove(session.address);
    this.#heartbeat?.remove(session);
    this.#resolved.metrics.count('connections.closed');
    publishClosed(conn, session.conn.ended ?? { code: CloseCode.Abnormal, reason: '' });
  }
}

/** Refuses names that no client could send: their handlers would never run. */
function checkNames(table: EventTable, encoding: Encoding): void {
  for (const { namespace, events } of table.values()) {
    checkName('namespace', namespace, encoding);
    for (const event of events.keys()) checkEvent(event, encoding);
  }
}
