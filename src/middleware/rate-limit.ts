import { TokenBucket } from '../core/token-bucket.js';
import { systemScheduler } from '../core/web-platform.js';
import { PublicError } from '../errors.js';
import type { Scheduler } from '../ports/clock.js';
import type { Conn } from '../ports/conn.js';
import type { Context, Middleware } from '../ports/middleware.js';
import { aFunction, aRate, checkArguments, having, optional, type Rule, type Rules } from './check-arguments.js';
import { KeyedBuckets } from './keyed-buckets.js';

/** What {@link rateLimit} takes. */
export interface RateLimitOptions {
  /** How many are let through in a second, on average. Less than one is a rate, too: `1 / 60` is one a minute. */
  readonly perSecond: number;
  /** How many are let through at once. @default `perSecond` rounded up */
  readonly burst?: number;
  /**
   * What is counted together: the id of a user over all tabs, an address. Give each a text of its own, and one for those
   * that have none.
   *
   * @default each connection by itself
   */
  readonly by?: (ctx: Context) => string;
  /**
   * How many texts of `by` are remembered. Past it those are forgotten first that may do everything again, so that nothing
   * is lost.
   *
   * @default 10000
   */
  readonly maxKeys?: number;
  /** The clock that counts. @default the time of the platform */
  readonly scheduler?: Scheduler;
}

const DEFAULT_MAX_KEYS = 10_000;

const atLeastOne: Rule = {
  expected: 'a number of 1 or more',
  fits: (value) => typeof value === 'number' && value >= 1 && value < Number.POSITIVE_INFINITY,
};

const RULES: Rules<RateLimitOptions> = {
  perSecond: aRate,
  burst: optional(atLeastOne),
  by: optional(aFunction),
  maxKeys: optional(atLeastOne),
  scheduler: optional(having('a scheduler', 'nowMs', 'after')),
};

/**
 * Lets through so many a second of what it stands around, and refuses the rest with `too many messages`, code
 * `RATE_LIMITED`, `data: { retryAfterMs }`. What is refused counts for nothing: it makes nobody wait longer.
 *
 * Every call counts by itself: used twice as one value it is one limit over both places, called twice there are two.
 *
 * @throws {OPTION_INVALID}
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  checkArguments('rateLimit', options, RULES);
  const bucketOf = bucketsFor(options);
  return (ctx, next) => {
    const retryAfterMs = bucketOf(ctx).take();
    if (retryAfterMs > 0) throw new PublicError('too many messages', { code: 'RATE_LIMITED', data: { retryAfterMs } });
    return next();
  };
}

function bucketsFor(options: RateLimitOptions): (ctx: Context) => TokenBucket {
  const { perSecond, burst = Math.ceil(perSecond), by } = options;
  const { maxKeys = DEFAULT_MAX_KEYS, scheduler: clock = systemScheduler } = options;
  if (by) {
    const buckets = new KeyedBuckets({ perSecond, burst, maxKeys, clock });
    return (ctx) => buckets.of(by(ctx));
  }
  const buckets = new WeakMap<Conn, TokenBucket>();
  return ({ conn }) => {
    const bucket = buckets.get(conn) ?? new TokenBucket(clock, perSecond, burst);
    buckets.set(conn, bucket);
    return bucket;
  };
}
