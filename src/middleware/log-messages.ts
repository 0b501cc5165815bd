import { systemScheduler } from '../core/web-platform.js';
import { BodyError, PublicError, WsError } from '../errors.js';
import type { Scheduler } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { Context, Middleware } from '../ports/middleware.js';
import { aTime, checkArguments, having, optional, type Rules } from './check-arguments.js';

/** What {@link logMessages} takes. */
export interface LogMessagesOptions {
  /** The level of what went as it should, a refusal by a `PublicError` included. @default 'info' */
  readonly level?: keyof Logger;
  /** What takes longer, in milliseconds, is told at `warn`. @default never */
  readonly slowMs?: number;
  /** Where the lines go. One of one's own is told the id of the connection as well. @default `ctx.conn.log` */
  readonly log?: Logger;
  /** The clock that measures. @default the time of the platform */
  readonly scheduler?: Scheduler;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly (keyof Logger)[];

const RULES: Rules<LogMessagesOptions> = {
  level: optional({
    expected: LEVELS.map((level) => `'${level}'`).join(' or '),
    fits: (value) => LEVELS.some((level) => level === value),
  }),
  slowMs: optional(aTime),
  log: optional(having('a logger', ...LEVELS)),
  scheduler: optional(having('a scheduler', 'nowMs', 'after')),
};

/** Names come from the other side, and a log is read by people. Our choice: the longest that the default limits allow. */
const MAX_SHOWN_CHARACTERS = 256;

/**
 * Writes one line for each run of what it stands around, once that has ended: `kind`, `namespace`, `room`, `event`, `ms`,
 * `outcome` (`'ok'` or `'error'`), and of an error its `code` and the text that the other side reads, or else its name.
 * Never a body, a header or a token. Texts are cut at 256 characters.
 *
 * A failure that is no `PublicError` is told at `warn`, without its message: it is reported in full where all handler errors
 * are.
 *
 * @throws {OPTION_INVALID}
 */
export function logMessages(options: LogMessagesOptions = {}): Middleware {
  checkArguments('logMessages', options, RULES);
  const { scheduler = systemScheduler } = options;
  return async (ctx, next) => {
    const startMs = scheduler.nowMs();
    const end = (outcome: Outcome): void => write(options, ctx, { ...outcome, ms: scheduler.nowMs() - startMs });
    let result: unknown;
    try {
      result = await next();
    } catch (error) {
      end({ error });
      throw error;
    }
    end(result instanceof Error ? { error: result } : {}); // a returned error counts as thrown
    return result;
  };
}

/** How a run has ended. Without `error`: well. */
interface Outcome {
  readonly error?: unknown;
}

function write(options: LogMessagesOptions, ctx: Context, run: Outcome & { readonly ms: number }): void {
  const { level = 'info', slowMs = Number.POSITIVE_INFINITY, log } = options;
  const hasFailed = 'error' in run;
  const fields = {
    ...(log && { conn: cut(ctx.conn.id) }), // the connection's own logger has it
    kind: ctx.kind,
    ...(ctx.kind !== 'connection' && { namespace: cut(ctx.namespace), room: cut(ctx.room), event: cut(ctx.event) }),
    ms: inMicroseconds(run.ms),
    outcome: hasFailed ? 'error' : 'ok',
    ...(hasFailed && told(run.error)),
  };
  const isBad = run.ms > slowMs || (hasFailed && !(run.error instanceof PublicError));
  (log ?? ctx.conn.log)[isBad && level !== 'error' ? 'warn' : level](fields, hasFailed ? 'failed' : 'handled');
}

/** What a log may hold of an error: nothing that a body, or a secret, could have got into unasked. */
function told(error: unknown): { readonly error: string; readonly code?: string } {
  // A schema may repeat the value that did not fit.
  if (error instanceof BodyError) return { error: 'invalid body', code: 'BODY_INVALID' };
  if (error instanceof PublicError) {
    return { error: cut(error.wireText), ...(error.code !== undefined && { code: cut(error.code) }) };
  }
  if (error instanceof WsError) return { error: error.wireText ?? error.name, code: error.code };
  return { error: error instanceof Error ? cut(error.name) : typeof error };
}

const cut = (text: string): string => text.slice(0, MAX_SHOWN_CHARACTERS);

/** Three digits after the point. */
const inMicroseconds = (ms: number): number => Math.round(ms * 1_000) / 1_000;
