import type { EventTable } from '../core/event-table.js';
import type { ErrorInfo, RemoteErrorInfo } from '../core/settings.js';
import { systemRandom, systemScheduler } from '../core/web-platform.js';
import { WsError } from '../errors.js';
import type { Adapter } from '../ports/adapter.js';
import type { Scheduler } from '../ports/clock.js';
import type { Conn } from '../ports/conn.js';
import type { Logger } from '../ports/logger.js';
import type { Metrics } from '../ports/metrics.js';
import type { Random } from '../ports/random.js';
import type { Wire } from '../ports/wire.js';
import { type ConnLimits, DEFAULT_CONN_LIMITS, STRICT_CONN_LIMITS } from '../protocol/limits.js';
import { Counters } from './counters.js';
import { GuardedMetrics } from './guarded-metrics.js';
import { DEFAULT_HEARTBEAT, type HeartbeatOptions } from './heartbeat.js';
import type { SlowReaderPolicy } from './outbox.js';
import type { Quotas } from './quotas.js';

const MIB = 1024 * 1024;

/** What one connection, and all of them together, may cost. Each has a default that honest use does not meet. */
export interface Limits extends ConnLimits, Quotas {
  /** Bytes that may wait for a reader that is slower than its sender. @default 4 MiB */
  readonly maxOutboxBytes: number;
  /**
   * Bytes that may have come of messages that are not whole, of all connections together. Where there are more, those that have begun
   * first are closed with 1013. @default 256 MiB, or `maxMessageBytes`
   */
  readonly maxUnfinishedBytes: number;
}

/** Defaults that do not bite honest use. How many connections there may be depends on the machine: no limit. */
export const DEFAULT_LIMITS: Limits = {
  ...DEFAULT_CONN_LIMITS,
  maxOutboxBytes: 4 * MIB,
  maxUnfinishedBytes: 256 * MIB, // the largest message of as many clients at a time
  maxConnections: Number.POSITIVE_INFINITY,
  maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
};

/** For servers on the open internet whose clients are known to be modest: `limits: 'strict'`. */
export const STRICT_LIMITS: Limits = {
  ...STRICT_CONN_LIMITS,
  maxOutboxBytes: MIB,
  maxUnfinishedBytes: 64 * MIB,
  maxConnections: 15_000,
  maxConnectionsPerAddress: 100,
};

/** The behaviour of a server that its application may choose. */
export interface ServerBehaviour {
  /** Single limits over the defaults, or `'strict'` for all of the strict ones. */
  readonly limits?: Partial<Limits> | 'strict';
  /** How connections are kept alive and the dead ones found; `false` for not at all. */
  readonly heartbeat?: Partial<HeartbeatOptions> | false;
  /** What happens to a connection that reads too slowly. @default 'close' */
  readonly slowReader?: SlowReaderPolicy;
  /** How long an ask waits for its reply, in milliseconds. @default 10000 */
  readonly askTimeoutMs?: number;
  /** How long a handler may take before the next message goes on without it, in milliseconds. @default 30000 */
  readonly handlerTimeoutMs?: number;
  /**
   * A connection that has sent no frame for so long is closed with 1001 `read timeout`, in milliseconds; pongs do not count. It
   * holds from the start of the connection; a namespace may be stricter. @default none: the heartbeat finds peers that are dead
   */
  readonly readTimeoutMs?: number;
  /**
   * What is sent has to leave this process within so long, in milliseconds, or the connection is closed with 1013 `write
   * timeout`. A namespace may be stricter. @default none: the outbox bounds what may wait
   */
  readonly writeTimeoutMs?: number;
  /** How long clients may take to answer a close frame before they are cut off, in milliseconds. @default 2000 */
  readonly closeGraceMs?: number;
  /**
   * The most that closing all connections is spread over, in milliseconds: 500 of them at a time, each half a second, or faster
   * where that would take longer. 0 closes all at once. @default 10000
   */
  readonly closeSpreadMs?: number;
  /**
   * How long nothing follows the acknowledgement of a namespace, in milliseconds. neffos.js 0.1 in Node loses what arrives
   * together with it, such as a welcome sent in `onNamespaceConnected`: 20 mends that. Browsers do not need it. @default 0
   */
  readonly connectGapMs?: number;
  /**
   * Runs for every connection before it is let in. Throwing a {@link PublicError} refuses it with that text: the client's
   * dial fails. Namespaces may be connected and rooms joined from here.
   */
  readonly onConnect?: (conn: Conn) => unknown;
  /** Runs when a connection that was let in has ended, after every other event of it. */
  readonly onDisconnect?: (conn: Conn) => unknown;
  /** Hears every error of a handler that is no public one. @default logs it */
  readonly onError?: (error: unknown, info: ErrorInfo) => void;
  /** Hears errors that clients send and that no ask waits for. */
  readonly onRemoteError?: (error: RemoteErrorInfo) => void;
  /** Connects this server with the others of the application. */
  readonly adapter?: Adapter;
  /** Counts what happens. @default keeps totals in memory, to be read from `metrics` */
  readonly metrics?: Metrics;
}

/** How long a handler may take where the application has not said otherwise. */
export const DEFAULT_HANDLER_TIMEOUT_MS = 30_000;

/** A third of the 30 s that Kubernetes grants from SIGTERM by default: the rest is for handlers, and for what else the process does. */
const DEFAULT_CLOSE_SPREAD_MS = 10_000;

/** What a server is made of: the behaviour that was chosen, and the parts that are put in from outside. */
export interface ServerOptions extends ServerBehaviour {
  readonly table: EventTable;
  readonly wire: (limits: Limits) => Wire;
  readonly log: Logger;
  /** Lets go of what was made for a connection, after every event about it. */
  readonly release?: (conn: Conn) => unknown;
  readonly scheduler?: Scheduler;
  readonly random?: Random;
}

/** The options with every default in place. */
export interface ResolvedOptions {
  readonly limits: Limits;
  readonly heartbeat: HeartbeatOptions | false;
  readonly slowReader: SlowReaderPolicy;
  readonly askTimeoutMs: number;
  readonly handlerTimeoutMs: number;
  readonly readTimeoutMs: number | undefined;
  readonly writeTimeoutMs: number | undefined;
  readonly closeGraceMs: number;
  readonly closeSpreadMs: number;
  readonly connectGapMs: number;
  readonly metrics: Metrics;
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/**
 * Puts every default in place.
 *
 * @throws {OPTION_INVALID} for what could not work
 */
export function resolveOptions(options: ServerOptions): ResolvedOptions {
  const limits = resolveLimits(options.limits ?? {});
  const heartbeat = options.heartbeat === false ? false : { ...DEFAULT_HEARTBEAT, ...options.heartbeat };
  if (heartbeat) {
    mustBePositive('heartbeat.pingMs', heartbeat.pingMs);
    mustBePositive('heartbeat.pongMs', heartbeat.pongMs);
  }
  const { slowReader = 'close', askTimeoutMs = 10_000, handlerTimeoutMs = DEFAULT_HANDLER_TIMEOUT_MS } = options;
  const { closeGraceMs = 2_000, closeSpreadMs = DEFAULT_CLOSE_SPREAD_MS, connectGapMs = 0 } = options;
  mustBePositive('askTimeoutMs', askTimeoutMs);
  mustBePositive('handlerTimeoutMs', handlerTimeoutMs);
  mustBePositive('closeGraceMs', closeGraceMs);
  if (closeSpreadMs !== 0) mustBePositive('closeSpreadMs', closeSpreadMs);
  const { readTimeoutMs, writeTimeoutMs } = options;
  if (readTimeoutMs !== undefined) mustBePositive('readTimeoutMs', readTimeoutMs);
  if (writeTimeoutMs !== undefined) mustBePositive('writeTimeoutMs', writeTimeoutMs);
  if (connectGapMs !== 0) mustBePositive('connectGapMs', connectGapMs);
  if (!['close', 'drop-newest', 'drop-oldest'].includes(slowReader)) {
    throw new WsError('OPTION_INVALID', {
      option: 'slowReader',
      value: slowReader,
      expected: "'close', 'drop-newest' or 'drop-oldest'",
    });
  }
  const { scheduler = systemScheduler, random = systemRandom } = options;
  const metrics = options.metrics ? new GuardedMetrics(options.metrics, options.log) : new Counters();
  const timing = {
    askTimeoutMs,
    handlerTimeoutMs,
    readTimeoutMs,
    writeTimeoutMs,
    closeGraceMs,
    closeSpreadMs,
    connectGapMs,
  };
  return { limits, heartbeat, slowReader, ...timing, metrics, scheduler, random };
}

function resolveLimits(given: Partial<Limits> | 'strict'): Limits {
  if (given === 'strict') return STRICT_LIMITS;
  if (typeof given !== 'object') {
    const expected = "'strict' or an object with single limits";
    throw new WsError('OPTION_INVALID', { option: 'limits', value: given, expected });
  }
  const limits = { ...DEFAULT_LIMITS, ...given };
  if (given.messageBurst === undefined) limits.messageBurst = 2 * limits.messagesPerSecond;
  if (given.maxUnfinishedBytes === undefined)
    limits.maxUnfinishedBytes = Math.max(limits.maxUnfinishedBytes, limits.maxMessageBytes);
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) {
      const expected = `one of ${Object.keys(DEFAULT_LIMITS).join(', ')}`;
      throw new WsError('OPTION_INVALID', { option: `limits.${name}`, value, expected });
    }
    mustBePositive(`limits.${name}`, value);
  }
  for (const name of ['maxOutboxBytes', 'maxUnfinishedBytes'] as const) {
    const { [name]: value, maxMessageBytes } = limits;
    const expected = `at least limits.maxMessageBytes (${maxMessageBytes}), so that one message fits`;
    if (value < maxMessageBytes) throw new WsError('OPTION_INVALID', { option: `limits.${name}`, value, expected });
  }
  return limits;
}

function mustBePositive(option: string, value: unknown): void {
  if (typeof value === 'number' && value > 0) return;
  throw new WsError('OPTION_INVALID', { option, value, expected: 'a number above 0' });
}
