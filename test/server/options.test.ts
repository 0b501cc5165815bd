import { describe, expect, it } from 'vitest';
import { systemRandom, systemScheduler } from '../../src/core/web-platform.js';
import { NeffosWire } from '../../src/protocol/wires.js';
import { Counters } from '../../src/server/counters.js';
import { GuardedMetrics } from '../../src/server/guarded-metrics.js';
import {
  DEFAULT_LIMITS,
  resolveOptions,
  type ServerBehaviour,
  type ServerOptions,
  STRICT_LIMITS,
} from '../../src/server/options.js';
import { ManualClock } from '../support/manual-clock.js';
import { silentLog } from '../support/test-server.js';

const MIB = 1024 * 1024;

const resolve = (options: Partial<ServerOptions> = {}) =>
  resolveOptions({
    table: new Map(),
    wire: (limits) => new NeffosWire({ ...limits, allowNative: false }),
    log: silentLog,
    ...options,
  });

/** Options as a program without types could give them. */
const untyped = (options: Record<string, unknown>): ServerBehaviour => options;

describe('resolveOptions', () => {
  it('gives defaults that do not bite honest use', () => {
    const { metrics, scheduler, random, ...rest } = resolve();

    expect(rest).toEqual({
      limits: DEFAULT_LIMITS,
      heartbeat: { pingMs: 25_000, pongMs: 8_000 },
      slowReader: 'close',
      askTimeoutMs: 10_000,
      handlerTimeoutMs: 30_000,
      closeGraceMs: 2_000,
      closeSpreadMs: 10_000,
      connectGapMs: 0,
    });
    expect(rest.limits).toMatchObject({
      maxMessageBytes: MIB,
      maxOutboxBytes: 4 * MIB,
      maxUnfinishedBytes: 256 * MIB,
      maxRooms: 1_000,
      maxNamespaces: 64,
      maxConnections: Number.POSITIVE_INFINITY,
      maxConnectionsPerAddress: Number.POSITIVE_INFINITY,
      messagesPerSecond: Number.POSITIVE_INFINITY,
      messageBurst: Number.POSITIVE_INFINITY,
    });
    expect(metrics).toBeInstanceOf(Counters);
    expect([scheduler, random]).toEqual([systemScheduler, systemRandom]);
  });

  it('lets one message be as large as all unfinished ones, where it may be larger than those by default', () => {
    const { limits } = resolve({ limits: { maxMessageBytes: 300 * MIB, maxOutboxBytes: 300 * MIB } });

    expect(limits.maxUnfinishedBytes).toBe(300 * MIB);
  });

  it("gives the strict table for limits: 'strict'", () => {
    const { limits } = resolve({ limits: 'strict' });

    expect(limits).toBe(STRICT_LIMITS);
    expect(limits).toMatchObject({
      maxMessageBytes: 64 * 1024,
      maxOutboxBytes: MIB,
      maxUnfinishedBytes: 64 * MIB,
      maxRooms: 128,
      maxNamespaces: 32,
      messagesPerSecond: 100,
      messageBurst: 200,
      maxConnections: 15_000,
      maxConnectionsPerAddress: 100,
    });
  });

  it('puts single limits over the defaults', () => {
    expect(resolve({ limits: { maxRooms: 3 } }).limits).toEqual({ ...DEFAULT_LIMITS, maxRooms: 3 });
  });

  it('lets twice messagesPerSecond come at once, unless messageBurst is given', () => {
    expect(resolve({ limits: { messagesPerSecond: 50 } }).limits.messageBurst).toBe(100);
    expect(resolve({ limits: { messagesPerSecond: 50, messageBurst: 60 } }).limits.messageBurst).toBe(60);
  });

  it('takes every choice that is given', () => {
    const metrics = new Counters();
    const scheduler = new ManualClock();

    expect(
      resolve({
        heartbeat: { pingMs: 1_000 },
        slowReader: 'drop-oldest',
        askTimeoutMs: 1,
        handlerTimeoutMs: 2,
        readTimeoutMs: 4,
        writeTimeoutMs: 5,
        closeGraceMs: 3,
        closeSpreadMs: 0,
        connectGapMs: 20,
        metrics,
        scheduler,
        random: systemRandom,
      }),
    ).toEqual({
      limits: DEFAULT_LIMITS,
      heartbeat: { pingMs: 1_000, pongMs: 8_000 },
      slowReader: 'drop-oldest',
      askTimeoutMs: 1,
      handlerTimeoutMs: 2,
      readTimeoutMs: 4,
      writeTimeoutMs: 5,
      closeGraceMs: 3,
      closeSpreadMs: 0,
      connectGapMs: 20,
      metrics: expect.any(GuardedMetrics),
      scheduler,
      random: systemRandom,
    });
  });

  it('runs without a heartbeat for heartbeat: false', () => {
    expect(resolve({ heartbeat: false }).heartbeat).toBe(false);
  });

  it.each([
    ['askTimeoutMs', { askTimeoutMs: 0 }, '0', 'a number above 0'],
    ['handlerTimeoutMs', { handlerTimeoutMs: -1 }, '-1', 'a number above 0'],
    ['readTimeoutMs', { readTimeoutMs: 0 }, '0', 'a number above 0'],
    ['writeTimeoutMs', { writeTimeoutMs: -1 }, '-1', 'a number above 0'],
    ['closeGraceMs', { closeGraceMs: Number.NaN }, 'NaN', 'a number above 0'],
    ['closeSpreadMs', { closeSpreadMs: -1 }, '-1', 'a number above 0'],
    ['connectGapMs', { connectGapMs: '20' }, '"20"', 'a number above 0'],
    ['heartbeat.pingMs', { heartbeat: { pingMs: 0 } }, '0', 'a number above 0'],
    ['heartbeat.pongMs', { heartbeat: { pongMs: undefined } }, 'undefined', 'a number above 0'],
    ['slowReader', { slowReader: 'wait' }, '"wait"', "'close', 'drop-newest' or 'drop-oldest'"],
    ['limits', { limits: 'stirct' }, '"stirct"', "'strict' or an object with single limits"],
    ['limits', { limits: 5 }, '5', "'strict' or an object with single limits"],
    ['limits.maxRooms', { limits: { maxRooms: 0 } }, '0', 'a number above 0'],
    ['limits.maxBodyBytes', { limits: { maxBodyBytes: 5 } }, '5', 'one of maxWaitBytes, maxNamespaceBytes,'],
    ['limits.toString', { limits: { toString: 5 } }, '5', 'one of maxWaitBytes, maxNamespaceBytes,'],
    [
      'limits.maxOutboxBytes',
      { limits: { maxOutboxBytes: 1_000 } },
      '1000',
      'at least limits.maxMessageBytes (1048576), so that one message fits',
    ],
    [
      'limits.maxUnfinishedBytes',
      { limits: { maxUnfinishedBytes: 1_000 } },
      '1000',
      'at least limits.maxMessageBytes (1048576), so that one message fits',
    ],
  ])('refuses %s: %j with its name, the value %s, and what it must be', (option, options, value, expected) => {
    expect(() => resolve(untyped(options))).toThrow(
      `OPTION_INVALID: the option ${option} is ${value}, but must be ${expected}`,
    );
  });
});
