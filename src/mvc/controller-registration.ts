import type { NamespaceOptions } from '../ports/namespace-options.js';
import type { ControllerType } from '../ports/resolver.js';

/**
 * A controller with what is said of it where it is registered, which goes before what the class says of itself.
 *
 * One class may be registered for several namespaces: each has a controller of its own.
 */
export interface ControllerRegistration extends NamespaceOptions {
  readonly controller: ControllerType;
  /** @default what `@Namespace` on the class says, or else its static property `namespace` */
  readonly namespace?: string;
}
