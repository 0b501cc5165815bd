import { Reply } from '../ports/reply.js';

/**
 * Returned from a handler, answers a plain emit as well as an ask: the sender hears an event of the same name.
 *
 * ```ts
 * onPing() { return reply('pong'); }
 * ```
 */
export function reply(): Reply<undefined>;
export function reply<T>(body: T): Reply<T>;
export function reply(body?: unknown): Reply {
  return new Reply(body);
}
