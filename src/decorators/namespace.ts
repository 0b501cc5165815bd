import { WsError } from '../errors.js';
import type { NamespaceOptions } from '../ports/namespace-options.js';
import type { ControllerType } from '../ports/resolver.js';
import { recordOf } from './controller-record.js';
import { refuseStandard } from './refuse-standard.js';

/**
 * Makes a class a websocket namespace: its methods named `on…` are the events.
 *
 * ```ts
 * @Namespace('default')
 * class ChatController {
 *   constructor(@inject(NSConn) private readonly ns: NSConn) {}
 *   onChat(msg: Message) { this.ns.broadcastOthers('chat', msg.body); }
 * }
 * ```
 *
 * A class that has the NSConn injected, itself or through a service, is made anew for each connection in the namespace. One
 * that has not is made once, and its methods get the NSConn as second argument.
 *
 * TypeScript's `private` hides nothing: it does not exist at run time, so a private method named `on…` is an event too. A
 * `#method` is none.
 *
 * A static property `namespace` of the class, or a {@link ControllerRegistration}, says the same without a decorator.
 *
 * @param name the empty name is a namespace, too
 * @throws {OPTION_INVALID} where the name is no text, as without parentheses
 */
export function Namespace(name: string, options: NamespaceOptions = {}): (controller: ControllerType) => void {
  // Runners such as tsx check no types.
  if (typeof name !== 'string') {
    const expected = "a text in parentheses: @Namespace('default')";
    throw new WsError('OPTION_INVALID', { option: 'name of @Namespace(…)', value: name, expected });
  }
  return (controller: ControllerType, context?: unknown) => {
    refuseStandard('@Namespace(…)', context);
    const record = recordOf(controller);
    record.namespace = name;
    record.options = options;
  };
}
