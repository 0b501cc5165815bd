import type { WebSocket, WebsocketPluginOptions } from '@fastify/websocket';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { isPromiseLike } from '../core/run-handler.js';
import { systemRandom, systemScheduler } from '../core/web-platform.js';
import { WsError } from '../errors.js';
import type { BroadcasterSupply } from '../inversify/broadcaster-supply.js';
import type { Timer } from '../ports/clock.js';
import { CloseCode } from '../protocol/close-codes.js';
import { DEFAULT_HANDLER_TIMEOUT_MS } from '../server/options.js';
import { type CloseOptions, Server } from '../server/server.js';
import { UnfinishedMessages } from '../transport/unfinished-messages.js';
import { WsSocket, type WsSocketSettings } from '../transport/ws-socket.js';
import type { ClientScript } from './client-script.js';
import { Compression, withholdCompression } from './compression.js';
import type { NefeliOptions } from './options.js';
import { OriginCheck } from './origin.js';
import { DEFAULT_MOUNT, type Prepared, prepare } from './prepare.js';
import { RequestArrival } from './request-arrival.js';
import { UpgradeAnswers } from './upgrade-answers.js';
import { UpgradeGuard } from './upgrade-guard.js';
import { UrlHeaders } from './url-headers.js';
import './request.js';

/** Waits for a promise, but not longer than this. */
async function within<T>(timeoutMs: number, promise: Promise<T>, overdue: () => Error): Promise<T> {
  let timer: Timer | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = systemScheduler.after(timeoutMs, () => reject(overdue()));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer?.cancel();
  }
}

/** The handler of a websocket route, in the form that `@fastify/websocket` calls. */
export type RouteHandler = (socket: WebSocket, request: FastifyRequest) => void;

/**
 * What an application does with one mount, from anywhere: `app.nefeli`, or `app.nefeli.mount(name)` where there are several.
 */
export interface NefeliMount
  extends Pick<Server, 'in' | 'broadcast' | 'ask' | 'connections' | 'do' | 'close' | 'local' | 'cluster' | 'metrics'> {
  readonly name: string;
  /** The client that this mount serves, where the option `clientScript` says so. */
  readonly clientScript: ClientScript | undefined;
  /**
   * Makes the handler of a websocket route: `app.get('/ws', { websocket: true }, app.nefeli.handler())`. Any hook of the route
   * may refuse before the upgrade: the client gets its HTTP answer.
   */
  handler(): RouteHandler;
  /** Another mount of the same app. @throws {MOUNT_UNKNOWN} */
  mount(name: string): NefeliMount;
}

/** What is waited for before a connection is let in. */
interface Needed {
  readonly what: 'idGenerator' | 'user';
  readonly pending: unknown;
  /** Goes on with what it has become. */
  readonly goOn: (settled: unknown) => void;
}

/** Where an upgrade that may go on keeps by whom it was checked: every entry of a WeakSet is more work for the collector of garbage. */
const CHECKED: unique symbol = Symbol('nefeli.checked');
type CheckedMessage = FastifyRequest['raw'] & { [CHECKED]?: Mount | undefined };

/** The mount that a route handler belongs to. */
const mountOfHandler = new WeakMap<object, Mount>();

/** The mount that a handler of a route leads to, if it was made by one. */
export function findMount(handler: unknown): Mount | undefined {
  return typeof handler === 'function' ? mountOfHandler.get(handler) : undefined;
}

/** The mounts of one app, by name. */
export class Mounts {
  /** Whether the application has said itself how large a frame may be, for the whole app. */
  readonly isPayloadFixed: boolean;
  readonly compression: Compression;
  readonly answers: UpgradeAnswers;
  readonly #mounts = new Map<string, Mount>();

  /** @param ofWs what the application has told `ws` itself */
  constructor(ofWs: WebsocketPluginOptions['options'] = {}) {
    this.isPayloadFixed = ofWs.maxPayload !== undefined;
    this.compression = new Compression(ofWs);
    this.answers = new UpgradeAnswers(ofWs.handleProtocols);
  }

  /** @throws {MOUNT_DUPLICATE} */
  add(mount: Mount): void {
    if (this.#mounts.has(mount.name)) throw new WsError('MOUNT_DUPLICATE', { name: mount.name });
    this.#mounts.set(mount.name, mount);
  }

  /** @throws {MOUNT_UNKNOWN} */
  get(name: string): Mount {
    const mount = this.#mounts.get(name);
    if (!mount) throw new WsError('MOUNT_UNKNOWN', { name, mounts: [...this.#mounts.keys()] });
    return mount;
  }

  /** The mount named `default`; without one of that name the first. */
  get main(): Mount {
    const [first = DEFAULT_MOUNT] = this.#mounts.keys();
    return this.#mounts.get(DEFAULT_MOUNT) ?? this.get(first);
  }

  all(): Mount[] {
    return [...this.#mounts.values()];
  }
}

/** What a mount needs of the app it is on. */
interface App {
  readonly log: FastifyBaseLogger;
  readonly mounts: Mounts;
}

/** One server on one Fastify app, under a name. */
export class Mount extends Server implements NefeliMount {
  readonly name: string;
  clientScript: ClientScript | undefined;
  readonly #options: NefeliOptions;
  readonly #mounts: Mounts;
  readonly #guard: UpgradeGuard;
  #supply: BroadcasterSupply | undefined;
  #settings: WsSocketSettings | undefined;
  /** Sockets whose id or user is being found. */
  readonly #awaited = new Set<WebSocket>();

  private constructor(options: NefeliOptions, app: App, prepared: Prepared) {
    super({ ...options, ...prepared.options, log: app.log });
    this.name = options.name ?? DEFAULT_MOUNT;
    this.#options = options;
    this.#mounts = app.mounts;
    this.#guard = new UpgradeGuard({
      server: this,
      origins: new OriginCheck(options),
      urlHeaders: new UrlHeaders(options.urlHeaders ?? []),
      random: systemRandom,
      onRefused: options.onUpgradeRefused,
    });
  }

  /**
   * Makes what can be made before the first connection, and then the mount, and adds it to those of the app.
   *
   * @throws whatever is wrong in the code, with the mending
   */
  static async create(options: NefeliOptions, app: App): Promise<Mount> {
    const prepared = await prepare(options, app.log);
    const mount = new Mount(options, app, prepared);
    app.mounts.add(mount);
    prepared.supply?.attach(mount);
    mount.#supply = prepared.supply;
    return mount;
  }

  mount(name: string): NefeliMount {
    return this.#mounts.get(name);
  }

  handler(): RouteHandler {
    const handler: RouteHandler = (socket, request) => this.#accept(socket, request);
    mountOfHandler.set(handler, this);
    return handler;
  }

  override async close(options?: CloseOptions): Promise<void> {
    // Nobody reads from these yet, so they would not answer a close frame.
    for (const ws of this.#awaited) ws.terminate();
    await super.close(options);
    this.#supply?.detach(this);
  }

  /** Answers an upgrade that may not go on; one that may goes on to the hooks of the route. A promise only where that takes time. */
  checkUpgrade(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const { compression } = this.#mounts;
    if (compression.isWithheld(this.#options.compression)) withholdCompression(request);
    const checked = this.#guard.check(request, reply);
    if (checked) return checked.then(() => this.#expect(request, reply));
    this.#expect(request, reply);
    return undefined;
  }

  #expect(request: FastifyRequest, reply: FastifyReply): void {
    if (reply.sent) return;
    const raw: CheckedMessage = request.raw;
    raw[CHECKED] = this;
    this.#mounts.answers.expect(request, reply, this.#options.subprotocols);
  }

  /** Answers what is no upgrade. */
  refuseHttp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    return this.#guard.refuseHttp(request, reply);
  }

  #accept(ws: WebSocket, request: FastifyRequest): void {
    const { raw } = request as { readonly raw?: CheckedMessage }; // called by others it may be anything
    if (raw?.[CHECKED] !== this) return this.#refuseUnchecked(ws, request);
    raw[CHECKED] = undefined;
    // Nothing is awaited before the listeners are in place, unless the id or the user is: then nothing is read meanwhile.
    let id: unknown;
    try {
      id = this.#options.idGenerator ? this.#options.idGenerator(request) : systemRandom.uuid();
    } catch (err) {
      return this.#fail(ws, request, err);
    }
    if (typeof id === 'string') return this.#identify(ws, request, id);
    this.#await(ws, request, {
      what: 'idGenerator',
      pending: id,
      goOn: (settled) => {
        if (typeof settled === 'string') return this.#identify(ws, request, settled);
        this.#fail(ws, request, new WsError('ID_INVALID', { type: typeof settled }));
      },
    });
  }

  /** Finds out who it is, now that hooks and the id have left on the request what they leave. */
  #identify(ws: WebSocket, request: FastifyRequest, id: string): void {
    let user: unknown;
    try {
      user = this.#userOf(request);
    } catch (err) {
      return this.#fail(ws, request, err);
    }
    if (!isPromiseLike(user)) return this.#arrive(ws, request, { id, user });
    const goOn = (settled: unknown): void => this.#arrive(ws, request, { id, user: settled });
    this.#await(ws, request, { what: 'user', pending: user, goOn });
  }

  /** Reads nothing of a connection until what it needs is there, which may take its time, but not for ever. */
  #await(ws: WebSocket, request: FastifyRequest, { what, pending, goOn }: Needed): void {
    ws.pause();
    this.#awaited.add(ws);
    const timeoutMs = this.#options.handlerTimeoutMs ?? DEFAULT_HANDLER_TIMEOUT_MS;
    const overdue = (): Error => new WsError('HANDLER_TIMEOUT', { event: what, timeoutMs });
    within(timeoutMs, Promise.resolve(pending), overdue).then(
      (settled) => {
        this.#awaited.delete(ws);
        goOn(settled);
      },
      (err: unknown) => {
        this.#awaited.delete(ws);
        this.#fail(ws, request, err);
      },
    );
  }

  #arrive(ws: WebSocket, request: FastifyRequest, { id, user }: Pick<RequestArrival, 'id' | 'user'>): void {
    try {
      // Absent with injectWS, which has no network beneath it.
      const stream = (request.raw as Partial<FastifyRequest['raw']>).socket;
      const socket = new WsSocket(ws, { stream, settings: this.#socketSettings(request) });
      // Each by its name: V8 makes a new hidden class for every copy of an object with one field more.
      this.accept(socket, new RequestArrival(request, { id, user, protocol: ws.protocol }));
    } catch (err) {
      return this.#fail(ws, request, err);
    }
    if (ws.isPaused) ws.resume();
  }

  /** The same for all connections. Known with the first of them: it is `@fastify/websocket` that makes the server. */
  #socketSettings({ server }: FastifyRequest): WsSocketSettings {
    const { closeGraceMs, messageTimeoutMs } = this;
    this.#settings ??= {
      serverOptions: server.websocketServer.options,
      closeGraceMs,
      messageTimeoutMs,
      unfinished: new UnfinishedMessages(this.maxUnfinishedBytes),
    };
    return this.#settings;
  }

  /**
   * A handler that a function of somebody else calls stands on a route that nobody knows to be a mount's, so no page was turned
   * away because of its origin.
   */
  #refuseUnchecked(ws: WebSocket, request: FastifyRequest): void {
    // Where the route is no websocket, Fastify has called it, with a request and a reply.
    const { routeOptions, ws: isUpgrade } = request as Partial<FastifyRequest>;
    const err = new WsError('ROUTE_UNGUARDED', { route: routeOptions?.url ?? '' });
    if (!isUpgrade) throw err;
    this.#fail(ws, request, err);
  }

  #fail(ws: WebSocket, request: FastifyRequest, err: unknown): void {
    request.log.error({ err }, 'a connection could not be accepted');
    new WsSocket(ws).close(CloseCode.InternalError, '');
  }

  #userOf(request: FastifyRequest): unknown {
    const { user } = this.#options;
    return user ? user(request) : (request as { user?: unknown }).user; // plugins add it
  }
}
