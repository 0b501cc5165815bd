import { systemScheduler } from '../core/web-platform.js';
import { WsError } from '../errors.js';
import type { Scheduler } from '../ports/clock.js';
import type { Context, Middleware } from '../ports/middleware.js';
import { aTime, checkArgument, checkArguments, having, optional, type Rules } from './check-arguments.js';

/** What {@link timeout} takes besides the time. */
export interface TimeoutOptions {
  /** What measures the time. @default the timers of the platform */
  readonly scheduler?: Scheduler;
}

const RULES: Rules<TimeoutOptions> = { scheduler: optional(having('a scheduler', 'nowMs', 'after')) };

/**
 * Lets what it stands around take so many milliseconds. Past them `ctx.signal`, which is `msg.signal`, aborts, and
 * `HANDLER_TIMEOUT` is thrown in its place: an ask is answered `handler timeout`, a connect or a join is refused.
 *
 * What the handler returns later is ignored. What it throws later is logged, unless it is the reason of the abort. The
 * server's `handlerTimeoutMs` counts all the same, so a longer time than that has no effect.
 *
 * @throws {OPTION_INVALID}
 */
export function timeout(ms: number, options: TimeoutOptions = {}): Middleware {
  checkArgument('ms of timeout()', ms, aTime);
  checkArguments('timeout', options, RULES);
  const { scheduler = systemScheduler } = options;
  return (ctx, next) =>
    new Promise((resolve, reject) => {
      let overdue: WsError | undefined;
      const timer = scheduler.after(ms, () => {
        overdue = new WsError('HANDLER_TIMEOUT', { event: eventOf(ctx), timeoutMs: ms });
        ctx.abort(overdue);
        reject(overdue);
      });
      const failed = (error: unknown): void => {
        if (overdue && error !== overdue) logLate(ctx, error);
        reject(error);
      };
      next()
        .then(resolve, failed)
        .finally(() => timer.cancel());
    });
}

const eventOf = (ctx: Context): string => (ctx.kind === 'connection' ? 'onConnect' : ctx.event);

function logLate(ctx: Context, err: unknown): void {
  const namespace = ctx.kind === 'connection' ? '' : ctx.namespace;
  ctx.conn.log.error(
    { err, conn: ctx.conn.id, namespace, event: eventOf(ctx) },
    'a handler failed after its timeout had passed',
  );
}
