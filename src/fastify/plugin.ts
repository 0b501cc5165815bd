import fastifyWebsocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  RegisterOptions,
  RouteOptions,
} from 'fastify';
import fp from 'fastify-plugin';
import { systemScheduler } from '../core/web-platform.js';
import { WsError } from '../errors.js';
import { checkOptions } from './check-options.js';
import { serveClientScript } from './client-script.js';
import { closeOthers, closeWithApp } from './close-with-app.js';
import { withholdCompression } from './compression.js';
import { findMount, Mount, Mounts, type NefeliMount } from './mount.js';
import type { NefeliOptions } from './options.js';
import { PendingUpgrades } from './pending-upgrades.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** The mount named `default`, or the first if none has that name. */
    readonly nefeli: NefeliMount;
  }
}

/** Where the mounts of an app are kept. */
const MOUNTS = Symbol('nefeli.mounts');

/** The HTTP servers whose upgrades Nefeli handles: two contexts of one app would both answer them. */
const owned = new WeakSet<object>();

/** @source what Node grants a request by default is 300 s for all of it; hooks that look up a session take milliseconds */
const DEFAULT_UPGRADE_TIMEOUT_MS = 30_000;

/** HEAD is answered also where the app exposes none: clients ask so whether the server is back. */
const PATH_OPTIONS = { websocket: true, exposeHeadRoute: true } as const;

const plugin: FastifyPluginAsync<NefeliOptions> = async (app, options) => {
  checkOptions(options);
  const mounts = app.hasDecorator(MOUNTS) ? app.getDecorator<Mounts>(MOUNTS) : await setUp(app, options);
  const mount = await Mount.create(options, { log: app.log, mounts });
  if (!mounts.isPayloadFixed) allowPayload(app, mount.maxMessageBytes);
  mounts.compression.add(options.compression, app.websocketServer.options);
  app.addHook('onReady', () => mount.start());
  const { path, clientScript } = options;
  const { prefix = '', ...ofRoutes } = ofRegistration(options);
  if (clientScript !== undefined) mount.clientScript = serveClientScript(app, `${prefix}${clientScript}`, ofRoutes);
  if (path === undefined) return;
  await app.register(async (scope) => servePath(scope, { ...ofRoutes, url: `${prefix}${path}`, mount }));
};

/** Fastify passes over these with a plugin that has no context of its own. They are meant for the routes that it adds. */
function ofRegistration(options: object): RegisterOptions {
  const { prefix, logLevel, logSerializers }: RegisterOptions = options; // anybody may register with them
  return { ...(prefix && { prefix }), ...(logLevel && { logLevel }), ...(logSerializers && { logSerializers }) };
}

interface PathRoute extends Omit<RegisterOptions, 'prefix'> {
  readonly url: string;
  readonly mount: Mount;
}

/** The route is marked from the beginning: hooks of others, such as those that trace, may wrap its handler before it is seen. */
function servePath(scope: FastifyInstance, { url, mount, ...ofRoute }: PathRoute): void {
  const mark: RouteMark = { mount, answersHttp: false };
  scope.get(url, { ...PATH_OPTIONS, ...ofRoute, config: { [MARK]: mark } as object }, mount.handler());
}

/**
 * What is done once for an app. The route is marked and the connections are closed before `@fastify/websocket` does its part;
 * the check of an upgrade comes after it has told upgrades apart, and before every hook that is added later.
 */
async function setUp(app: FastifyInstance, options: NefeliOptions): Promise<Mounts> {
  if (app.hasDecorator('websocketServer')) throw new WsError('WEBSOCKET_ALREADY_REGISTERED', {});
  if (owned.has(app.server)) throw new WsError('MOUNT_ELSEWHERE', {});
  if (!options.websocket?.options?.server) refuseHttp2Alone(app);
  owned.add(app.server);

  const { websocket = {}, upgradeTimeoutMs = DEFAULT_UPGRADE_TIMEOUT_MS } = options;
  const mounts = new Mounts(websocket.options);
  let pending: PendingUpgrades | undefined;
  app.decorate(MOUNTS, mounts);
  app.decorate('nefeli', { getter: () => mounts.main });
  app.addHook('onRoute', markRoute);
  closeWithApp(app, async () => {
    pending?.close();
    await Promise.all(mounts.all().map((mount) => mount.close()));
  });
  await app.register(fastifyWebsocket, {
    ...websocket,
    errorHandler: errorHandler(websocket.errorHandler),
    preClose(done) {
      closeOthers(app);
      done();
    },
    options: { maxPayload: 0, ...websocket.options, handleProtocols: mounts.answers.chooseProtocol },
  });
  const upgrades = new PendingUpgrades(app.server, { timeoutMs: upgradeTimeoutMs, scheduler: systemScheduler });
  pending = upgrades;
  app.websocketServer.on('headers', (lines, request) => {
    mounts.answers.addHeaders(lines, request);
    upgrades.answered(request); // the 101 is written right after
  });
  app.addHook('onRequest', guardUpgrade);
  return mounts;
}

/** Node's server for HTTP/2 knows no upgrade: where it speaks nothing else, nobody could connect. */
function refuseHttp2Alone({ initialConfig: { http2, https } }: FastifyInstance): void {
  if (!http2 || (typeof https === 'object' && https.allowHTTP1)) return;
  const expected = 'false, or go with https: { allowHTTP1: true, … }: websockets begin with a request of HTTP/1.1';
  throw new WsError('OPTION_INVALID', { option: 'http2 of Fastify', value: http2, expected });
}

/** ws reads its limit as a 32-bit integer, and 0 as none. */
const MAX_PAYLOAD = 2 ** 31 - 1;

/**
 * Lets frames of this size through for all mounts; each is held to its own limit when the message is whole. ws refuses larger
 * ones by their header, before anything is buffered.
 */
function allowPayload({ websocketServer }: FastifyInstance, bytes: number): void {
  const { options } = websocketServer;
  options.maxPayload = Math.min(Math.max(options.maxPayload ?? 0, bytes), MAX_PAYLOAD);
}

/** Notes on a route where it leads to, for the hook that runs before all others of it. */
function markRoute(route: RouteOptions & { websocket?: boolean }): void {
  if (route.config && MARK in route.config) return;
  refuseUncalled(route);
  const mount = findMount(route.handler) ?? findMount(route.wsHandler);
  if (!mount) {
    if (route.websocket || route.wsHandler) route.config = Object.assign({}, route.config, { [OTHER_WEBSOCKET]: true });
    return;
  }
  const answersHttp = !findMount(route.handler);
  // The handler says by itself that the route is a websocket: the option may be left out.
  if (!answersHttp) route.websocket = true;
  const mark: RouteMark = { mount, answersHttp };
  route.config = Object.assign({}, route.config, { [MARK]: mark });
}

/** Its type takes any function for a handler, and one that makes handlers would leave every client waiting. */
function refuseUncalled({ url, handler, wsHandler }: RouteOptions): void {
  const value = [handler, wsHandler].find((each: unknown) => each === Mount.prototype.handler);
  if (!value) return;
  const expected = 'app.nefeli.handler(), with the parentheses: it makes the handler';
  throw new WsError('OPTION_INVALID', { option: `handler of the route ${url}`, value, expected });
}

/** What a route that leads to a mount carries in its config. */
interface RouteMark {
  readonly mount: Mount;
  /** Whether the application answers what is no upgrade by itself. */
  readonly answersHttp: boolean;
}

const MARK = Symbol('nefeli.route');

/** What a route carries that is a websocket of the application's own. */
const OTHER_WEBSOCKET = Symbol('nefeli.otherWebsocket');

function markOf(request: FastifyRequest): RouteMark | undefined {
  return (request.routeOptions.config as { [MARK]?: RouteMark } | undefined)?.[MARK];
}

/**
 * Checks every upgrade that leads to a mount, and answers every other request on its path. No promise where nothing takes time:
 * every request of the app passes here, whatever its route.
 */
function guardUpgrade(request: FastifyRequest, reply: FastifyReply, done: () => void): Promise<void> | undefined {
  const mark = markOf(request);
  if (!mark) {
    if (request.ws) guardOtherUpgrade(request, reply);
    if (!reply.sent) done();
    return undefined;
  }
  if (request.ws) {
    const checked = mark.mount.checkUpgrade(request, reply);
    if (!checked) done();
    return checked; // Fastify goes on when it is fulfilled, unless it has been answered
  }
  if (request.method === 'HEAD') {
    reply.code(204).send(); // neffos.js asks so whether the server is back
    return undefined;
  }
  if (!mark.answersHttp) return mark.mount.refuseHttp(request, reply);
  done();
  return undefined;
}

/** An upgrade that leads to no mount: one of the application's own, or none that could come about. */
function guardOtherUpgrade(request: FastifyRequest, reply: FastifyReply): void {
  if (isPlainRoute(request)) refuseUpgrade(reply);
  else if (request.server.getDecorator<Mounts>(MOUNTS).compression.isWithheld(undefined)) withholdCompression(request);
}

/** Whether a route is there and is no websocket. Where none is, Fastify answers 404 by itself. */
function isPlainRoute({ is404, routeOptions }: FastifyRequest): boolean {
  return !is404 && !(OTHER_WEBSOCKET in routeOptions.config);
}

/** `@fastify/websocket` would answer 101 first, whatever the origin, and close then. */
function refuseUpgrade(reply: FastifyReply): void {
  reply.code(400).send({ statusCode: 400, error: 'Bad Request', message: 'this route is no websocket' });
}

/**
 * A peer that breaks the protocol is closed by `ws` with the right code: cutting it off would lose the close frame. Sockets of
 * other routes are handled as the application wants.
 */
function errorHandler(
  other: WebsocketPluginOptions['errorHandler'],
): NonNullable<WebsocketPluginOptions['errorHandler']> {
  return function (error, socket, request, reply) {
    // The close that follows tells what is to be known. Only here: what the handler of a mount throws it reports by itself.
    if (markOf(request)) return request.log.debug({ err: error }, 'a peer broke the protocol of websockets');
    if (other) return other.call(this, error, socket, request, reply);
    request.log.error(error);
    socket.terminate();
  };
}

/** Registers Nefeli: controllers and maps become websocket namespaces, mounted on routes. Several times for several mounts. */
export const nefeli: FastifyPluginAsync<NefeliOptions> = fp(plugin, { name: 'nefeli', fastify: '5.x' });
