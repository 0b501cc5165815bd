import { type ConnHandler, partsOf } from './conn-handler.js';
import { ConnHandlers } from './conn-handlers.js';

/**
 * Puts handlers together that were written apart: maps of functions, controllers, and what was put together before. Each keeps
 * its own timeouts, and they hold for its own namespaces.
 *
 * Several may serve one namespace. What two of them handle, or say differently, is refused when the server starts.
 *
 * ```ts
 * const handlers = joinConnHandlers(ChatController, withTimeouts({ readTimeoutMs: 60_000 }, { game: { move(msg, ns) {} } }));
 * await app.register(nefeli, { container, handlers });
 * ```
 *
 * @throws {OPTION_INVALID} for anything that handles no events
 */
export function joinConnHandlers(...handlers: readonly ConnHandler[]): ConnHandlers {
  return new ConnHandlers(
    handlers.flatMap((handler, index) =>
      partsOf(handler, `joinConnHandlers()[${index}]`).map((part) => ({ ...part, path: `[${index}]${part.path}` })),
    ),
  );
}
