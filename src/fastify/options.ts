import type { WebsocketPluginOptions } from '@fastify/websocket';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Container } from 'inversify';
import type { Namespaces } from '../core/event-maps.js';
import type { WireChoice } from '../core/wire-of.js';
import type { ServerNamespaceOptions } from '../mvc/build-event-table.js';
import type { ConnHandlers } from '../mvc/conn-handlers.js';
import type { ControllerRegistration } from '../mvc/controller-registration.js';
import type { EventMatcher } from '../ports/event-matcher.js';
import type { Use } from '../ports/middleware.js';
import type { ControllerType } from '../ports/resolver.js';
import type { ServerBehaviour } from '../server/options.js';
import type { CompressionOptions } from './compression.js';
import type { UpgradeRefusal } from './upgrade-refusal.js';

/** Which pages may open a connection. */
export interface OriginOptions {
  /**
   * Origins that are allowed besides the server's own: `https://app.example`, or `https://*.app.example` for every single name
   * in its place. `'*'` allows all, which lets any page on the web speak to the server in its visitors' names.
   *
   * @default none: same origin only
   */
  readonly allowedOrigins?: '*' | readonly string[];
  /** Decides instead of everything else. Throwing or `false` refuses with 403. */
  readonly checkOrigin?: (request: FastifyRequest) => boolean | Promise<boolean>;
}

/** How connections get into the server. */
export interface MountOptions extends OriginOptions {
  /** The name of this mount, where there are several. @default 'default' */
  readonly name?: string;
  /** Serves on this path, in one call. Left out, `app.nefeli.handler()` goes on a route of one's own. */
  readonly path?: string;
  /** The public id of a connection. Two with one id are told apart by the server all the same. @default a random UUID */
  readonly idGenerator?: (request: FastifyRequest) => string | Promise<string>;
  /** Who is behind a connection: `conn.user`, or a promise of it. What it throws closes with 1011. @default `request.user`, where authentication plugins put it */
  readonly user?: (request: FastifyRequest) => unknown;
  /**
   * Headers that a browser, which cannot send its own, may send as query parameters: with `['X-Username']` the parameter
   * `X-Websocket-Header-X-Username` counts as that header. `X-Websocket-Reconnect` always may. A real header is never
   * replaced.
   */
  readonly urlHeaders?: readonly string[];
  /**
   * Serves the client for browsers on this path, with its version and integrity at `app.nefeli.clientScript`: as a module where
   * the path ends in `.mjs`, else as a script that makes the global `nefeli`. @default not served
   */
  readonly clientScript?: string;
  /**
   * How long the hooks of a route may take for an upgrade, in milliseconds, before its socket is closed. Holds for the whole
   * app; the first registration's counts. @default 30000
   */
  readonly upgradeTimeoutMs?: number;
  /**
   * The subprotocols that this mount speaks, the best first: the first of them that a client offers is chosen, and is at
   * `conn.protocol`. None of them: none is named in the answer, and browsers end the connection. @default what a client offers first
   */
  readonly subprotocols?: readonly string[];
  /** Compresses messages for clients that can. Costs memory and time: `docs/options.md` says how much. @default false */
  readonly compression?: boolean | CompressionOptions;
  /**
   * Words the answer to an upgrade that is refused before any hook of the route: what it returns is sent as the body. It may
   * set the status and headers of the reply, too. What it throws is logged, and the usual answer is sent.
   */
  readonly onUpgradeRefused?: (refusal: UpgradeRefusal, request: FastifyRequest, reply: FastifyReply) => unknown;
  /** Options for `@fastify/websocket`, which Nefeli registers. They hold for the whole app; the first registration's count. */
  readonly websocket?: Omit<WebsocketPluginOptions, 'preClose'>;
}

/** What is served. */
export interface ServedOptions {
  /** Makes the controllers. Bind everything they need before. */
  readonly container?: Container;
  readonly controllers?: readonly (ControllerType | ControllerRegistration)[];
  /** Handlers without classes, by namespace and event. */
  readonly namespaces?: Namespaces;
  /** What was put together with `joinConnHandlers` or `withTimeouts`. It joins with `controllers` and `namespaces`. */
  readonly handlers?: ConnHandlers;
  /** How single namespaces are handled, and middleware for them, whoever serves them. */
  readonly namespaceOptions?: Readonly<Record<string, ServerNamespaceOptions>>;
  /**
   * Middleware around everything: new connections, connecting namespaces, joining rooms, and every message. The first is
   * outermost. Classes are made by the container.
   */
  readonly use?: readonly Use[];
  /** Which events reach a method by its name. @default `onChat` hears `chat`, `onChat` and `OnChat` */
  readonly eventMatcher?: EventMatcher;
  /** Raw messages only: no handshake, and one handler, `onNativeMessage` in the namespace `""`. */
  readonly native?: 'only';
  /**
   * The language of the clients: that of neffos, or one of the websockets of Iris before it, for pages with `iris-ws.js`. Those
   * serve the namespace `""` and no other. @default 'neffos'
   */
  readonly wire?: WireChoice;
}

/** What `app.register(nefeli, …)` takes. `docs/options.md` has them in tables. */
export interface NefeliOptions extends ServerBehaviour, MountOptions, ServedOptions {}
