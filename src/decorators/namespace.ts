import type { ControllerType } from '../ports/resolver.js';
import { recordOf } from './controller-record.js';

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
 * @param name the empty name is a namespace, too
 */
export function Namespace(name: string, { order }: NamespaceOptions = {}): (controller: ControllerType) => void {
  return (controller) => {
    const record = recordOf(controller);
    record.namespace = name;
    if (order) record.order = order;
  };
}

/** How a namespace is served, beyond its events. */
export interface NamespaceOptions {
  /**
   * In which order the messages of one connection are handled: `connection`, one after the other over all its namespaces;
   * `namespace`, one after the other here, whatever goes on in others; `parallel`, at the same time. @default 'connection'
   */
  readonly order?: 'connection' | 'namespace' | 'parallel';
}
