import type { Conn, NSConn } from './conn.js';
import type { Message } from './message.js';
import type { MiddlewareObject } from './middleware.js';

/** A class that can be a controller. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a constructor are the container's business
export type ControllerType = new (...args: any[]) => object;

/** A class of middleware. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of a constructor are the container's business
export type MiddlewareType = new (...args: any[]) => MiddlewareObject;

/** How a controller is made: once for all connections, or anew for each connection in its namespace. */
export type Provision =
  | {
      readonly kind: 'static';
      readonly instance: object;
      /** The methods that the container calls by itself: no event. */
      readonly ownMethods: readonly (string | symbol)[];
    }
  | {
      readonly kind: 'dynamic';
      /** Cheap: it is called for every connection. Gives a promise only where something that is needed takes its time. */
      readonly create: (ns: NSConn) => object | Promise<object>;
      /** The methods to be called, and awaited, when an instance is let go. */
      readonly preDestroy: readonly (string | symbol)[];
      readonly ownMethods: readonly (string | symbol)[];
    };

/** The services of one message. */
export interface MessageServices {
  /** One of those that were looked at; or a promise of it where it takes time. */
  get(token: unknown): unknown;
  /** Lets go of what was made for the message. `undefined` where there is nothing. */
  close(): Promise<void> | undefined;
}

/** Begins to get services for one message. */
export type OpenServices = (msg: Message, ns: NSConn) => MessageServices;

/** Makes controllers and what they need. Known to `mvc` in place of a container. */
export interface Resolver {
  /**
   * Looks, at start, at how a controller is to be made, and refuses what could not work. Creates nothing that needs a
   * connection.
   *
   * @throws {SERVICE_UNBOUND} {METADATA_MISSING} {CAPTIVE_CONNECTION} {CAPTIVE_SERVICE} {INJECTION_NOT_INHERITED}
   */
  provide(controller: ControllerType): Promise<Provision>;

  /**
   * Makes a middleware, once for all.
   *
   * @throws {SERVICE_UNBOUND}, {CAPTIVE_CONNECTION} when it needs something of a connection: it gets that as `ctx`
   */
  middleware(type: MiddlewareType): Promise<MiddlewareObject>;

  /**
   * Looks, at start, at how services are to be got for single messages.
   *
   * @param tokens what they are asked for by
   * @param origin who asks, for messages: `ChatController.onOrder`
   * @throws what `provide` throws
   */
  services(tokens: readonly unknown[], origin: string): Promise<OpenServices>;

  /** Lets go of what was made for a connection, when everything of it has ended. Nothing is made for it from here on. */
  release(conn: Conn): Promise<void>;
}
