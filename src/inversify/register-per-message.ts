import type { Newable, ServiceIdentifier } from 'inversify';
import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { Current } from './current.js';
import { type Bindable, type Maker, register } from './recipe.js';
import { nameOf } from './service-name.js';

/** What makes a service of a message: a function of it, or a class. */
export type MessageMaker<T> = Maker<[msg: Message, ns: NSConn], T>;

/**
 * Makes a service one for each message: a handler gets it by the parameter decorator `@Service(…)`, and shares it with
 * whatever else is made for that message. It is let go when the handler has ended, as {@link registerPerConnection} says.
 *
 * ```ts
 * registerPerMessage(container, UnitOfWork); // a class
 * registerPerMessage(container, Trace, (msg) => new Trace(msg.event));
 * ```
 *
 * @param container a container, or what a `ContainerModule` is given
 * @param maker left out for a class that is its own name
 */
export function registerPerMessage<T extends object>(container: Bindable, service: Newable<T>): void;
export function registerPerMessage<T>(container: Bindable, service: ServiceIdentifier<T>, maker: MessageMaker<T>): void;
export function registerPerMessage<T>(
  container: Bindable,
  service: ServiceIdentifier<T>,
  maker?: MessageMaker<T>,
): void {
  const from = ({ ns, message }: Current): [Message, NSConn] => {
    if (!ns || !message) throw new WsError('OUTSIDE_CONNECTION', { service: nameOf(service) });
    return [message.message, ns];
  };
  register(container, { lifetime: 'message', service, maker, from });
}
