/** A value that is sent back even to a plain emit. */
export class Reply {
  readonly body: unknown;

  constructor(body: unknown) {
    this.body = body;
  }
}

/**
 * Returned from a handler, answers a plain emit as well as an ask: the sender hears an event of the same name.
 *
 * ```ts
 * onPing() { return reply('pong'); }
 * ```
 */
export function reply(body?: unknown): Reply {
  return new Reply(body);
}
