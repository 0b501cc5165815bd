import type { Namespaces } from '../core/event-maps.js';
import type { Part } from '../core/table-builder.js';
import type { NamespaceTimeouts } from '../ports/namespace-options.js';
import type { ControllerType } from '../ports/resolver.js';
import type { ControllerRegistration } from './controller-registration.js';

/** A controller, maps of functions, or what another style of writing them has made ready, with the timeouts that were put around it. */
export type HandlersPart = (
  | { readonly kind: 'controller'; readonly entry: ControllerType | ControllerRegistration }
  | { readonly kind: 'maps'; readonly namespaces: Namespaces }
  | { readonly kind: 'ready'; readonly part: Part }
) & {
  /** Where it stands among those it was joined with, for messages: `[0][2]`. */
  readonly path: string;
  readonly timeouts: NamespaceTimeouts;
};

/**
 * Handlers that were put together with {@link joinConnHandlers} or {@link withTimeouts}: the value of the option `handlers`, and
 * an argument of either.
 */
export class ConnHandlers {
  readonly #parts: readonly HandlersPart[];

  constructor(parts: readonly HandlersPart[]) {
    this.#parts = parts;
  }

  /** Everything that was put together, in order. Not a method: users see nothing of it. */
  static partsOf(handlers: ConnHandlers): readonly HandlersPart[] {
    return handlers.#parts;
  }
}
