import { Container, inject } from 'inversify';
import {
  Conn,
  type Message,
  type Middleware,
  Namespace,
  NSConn,
  PublicError,
  registerPerConnection,
  registerPerMessage,
  Service,
  Use,
} from 'nefeli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemScheduler } from '../../src/core/web-platform.js';
import { prepare } from '../../src/fastify/prepare.js';
import { Server } from '../../src/server/server.js';
import { MemorySocket } from '../support/memory-socket.js';
import { settle, silentLog } from '../support/test-server.js';
import { Ledger } from './ledger.js';
import { randomOf } from './random-of.js';

const SEEDS = 40;
const CLIENTS = 4;
const FRAMES = 60;
const ROOMS = ['', 'x'];
const EVENTS = ['work', 'work', 'work', 'talk', 'unit', 'unit', 'cut'];
const REQUESTS = [
  '_OnNamespaceConnect',
  '_OnNamespaceConnect',
  '_OnNamespaceDisconnect',
  '_OnRoomJoin',
  '_OnRoomLeave',
];

/** How many handlers of a namespace run at a time for one connection. */
const LIMITS: Readonly<Record<string, number>> = { serial: 1, pair: 2, many: Number.POSITIVE_INFINITY };

const stray: unknown[] = [];
const note = (error: unknown): void => void stray.push(error);

/** One server of controllers under random frames, whose parts take their time and fail at random. */
class Chaos {
  readonly ledger = new Ledger();
  readonly answers = new Map<string, number>();
  /** Where more handlers have run at a time than the namespace says. */
  readonly crowds: string[] = [];
  readonly #random: () => number;
  readonly #sockets: MemorySocket[] = [];
  #server: Server | undefined;

  constructor(seed: number) {
    this.#random = randomOf(seed);
  }

  async run(): Promise<void> {
    const container = new Container();
    const controllers = this.#controllersIn(container);
    const prepared = await prepare({ container, controllers }, silentLog);
    const times = { handlerTimeoutMs: 150, askTimeoutMs: 50 };
    const around = { log: silentLog, scheduler: systemScheduler, onError: () => {} };
    const server = new Server({ ...around, ...times, ...prepared.options });
    this.#server = server;
    for (let index = 0; index < CLIENTS; index++) this.#accept(server, index);
    for (let index = 0; index < FRAMES; index++) {
      for (const socket of this.#sockets) socket.receive(...this.#frames(socket, index));
      if (this.#random() < 0.01) this.#pick(this.#sockets).receiveClose();
      if (this.#random() < 0.3) await settle();
    }
    await server.close();
    // What is made too late is let go by whoever has made it, when it is ready.
    for (let turn = 0; turn < 20; turn++) await settle();
    for (const socket of this.#sockets) this.#count(socket);
  }

  get isEmpty(): boolean {
    return this.#server?.local.size === 0 && this.#server.local.namespaces.length === 0;
  }

  #accept(server: Server, index: number): void {
    const socket = new MemorySocket();
    const arrival = { id: `id${index}`, user: undefined, log: silentLog, address: '127.0.0.1', reconnectTries: 0 };
    server.accept(socket, { ...arrival, request: {} as never }); // nothing here looks at it
    this.#sockets.push(socket);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T; // the index is within
  }

  async #linger(): Promise<void> {
    const turns = Math.floor(this.#random() * 4);
    for (let turn = 0; turn < turns; turn++) await settle();
  }

  #maybeFail(chance: number): void {
    if (this.#random() < chance)
      throw this.#random() < 0.5 ? new PublicError('no', { code: 'NO' }) : new Error('secret');
  }

  #frames(socket: MemorySocket, index: number): string[] {
    if (index === 0) return [this.#random() < 0.5 ? 'M' : 'Mnefeli/1'];
    const asked = socket.texts.map((text) => text.split(';')[0] ?? '').filter((token) => token.startsWith('n'));
    const token = asked.at(-1);
    if (this.#random() < 0.15 && token !== undefined) return [`${token};;;;;;`];
    const namespace = this.#pick(Object.keys(LIMITS));
    const isRequest = this.#random() < 0.35;
    const isAsk = isRequest || this.#random() < 0.5;
    const wait = isAsk ? `$${this.#sockets.indexOf(socket)}x${index}` : '';
    if (isAsk) this.answers.set(wait, 0);
    return [`${wait};${namespace};${this.#pick(ROOMS)};${this.#pick(isRequest ? REQUESTS : EVENTS)};0;0;body`];
  }

  #count(socket: MemorySocket): void {
    for (const text of socket.texts) {
      const [wait = ''] = text.split(';');
      const count = this.answers.get(wait);
      if (count !== undefined) this.answers.set(wait, count + 1);
    }
  }

  /** Counts how many run in a namespace of a connection, until one has ended or has been given up. */
  readonly #crowd: Middleware = async (ctx, next) => {
    if (ctx.kind === 'connection') return await next();
    const key = ctx.ns;
    const running = (this.#running.get(key) ?? 0) + 1;
    this.#running.set(key, running);
    let isCounted = true;
    const leave = (): void => {
      if (isCounted) this.#running.set(key, (this.#running.get(key) ?? 1) - 1);
      isCounted = false;
    };
    ctx.signal.addEventListener('abort', leave);
    // Asks may go on beside a handler that asks itself; what is no ask may not.
    const limit = LIMITS[ctx.namespace] ?? 1;
    if (ctx.kind === 'event' && running > limit) this.crowds.push(`${running} in ${ctx.namespace}`);
    try {
      return await next();
    } finally {
      leave();
    }
  };
  readonly #running = new Map<NSConn, number>();

  #controllersIn(container: Container) {
    const { ledger } = this;
    const linger = (): Promise<void> => this.#linger();
    const maybeFail = (chance: number): void => this.#maybeFail(chance);
    const act = (msg: Message, ns: NSConn): Promise<void> => this.#act(msg, ns);

    class Cart {
      constructor(readonly conn: Conn) {
        ledger.make(this);
      }
      async [Symbol.asyncDispose]() {
        await linger();
        ledger.letGo(this);
        maybeFail(0.1);
      }
    }
    class Prices {
      @inject(Conn) readonly conn!: Conn;
      constructor(@inject(Cart) readonly cart: Cart) {
        ledger.make(this);
        ledger.check(cart, 'prices were made with a cart that had been let go');
      }
      [Symbol.dispose]() {
        ledger.check(this.cart, 'a cart was let go before the prices that had it');
        ledger.letGo(this);
      }
    }
    class Unit {
      constructor(@inject(Prices) readonly prices: Prices) {
        ledger.make(this);
      }
      async [Symbol.asyncDispose]() {
        await linger();
        ledger.letGo(this);
      }
    }
    registerPerConnection(container, Cart, async (_, conn) => {
      await linger();
      maybeFail(0.2);
      return new Cart(conn);
    });
    registerPerConnection(container, Prices);
    registerPerMessage(container, Unit);

    class Base {
      readonly ns!: NSConn;
      constructor(
        readonly cart: Cart,
        readonly prices: Prices,
      ) {
        ledger.make(this);
      }
      async [Symbol.asyncDispose]() {
        await linger();
        ledger.check(this.cart, 'a cart was let go before a controller that had it');
        ledger.letGo(this);
      }
      async onNamespaceConnect() {
        await linger();
        if (this.prices.cart !== this.cart || this.prices.conn !== this.ns.conn) note('parts of another connection');
        maybeFail(0.1);
      }
      async onNamespaceDisconnect() {
        await linger();
        ledger.check(this, 'a controller heard of the end after its own');
      }
      async onRoomJoin() {
        await linger();
        maybeFail(0.1);
      }
      async onWork() {
        ledger.check(this, 'a controller worked after its end');
        await linger();
        maybeFail(0.2);
      }
      async onTalk(msg: Message) {
        await act(msg, this.ns);
      }
      async onUnit(@Service(Unit) unit: Unit) {
        ledger.check(unit, 'a unit was let go before its handler');
        await linger();
        ledger.check(unit, 'a unit was let go while its handler ran');
        maybeFail(0.3);
        return { done: true };
      }
      onCut() {
        return new Promise(() => {});
      }
    }
    const cut: Middleware = (ctx, next) => {
      if (ctx.kind !== 'connection' && ctx.event === 'cut') {
        ctx.abort(new PublicError('cut'));
        throw new PublicError('cut', { code: 'CUT', data: { why: 'chance' } });
      }
      return next();
    };
    return Object.entries(LIMITS).map(([name, limit]) => {
      const concurrency = limit === 1 ? 'serial' : limit === 2 ? 2 : 'parallel';
      @Use(this.#crowd, cut)
      @Namespace(name, { concurrency })
      class Controller extends Base {
        @inject(NSConn) declare readonly ns: NSConn;
        constructor(@inject(Cart) cart: Cart, @inject(Prices) prices: Prices) {
          super(cart, prices);
        }
      }
      return Controller;
    });
  }

  async #act(_: Message, ns: NSConn): Promise<void> {
    const acts: (() => Promise<unknown>)[] = [
      () => this.#linger(),
      () => ns.ask('question'),
      () => ns.joinRoom(this.#pick(ROOMS)),
      () => ns.disconnect(),
      () => ns.conn.connect(this.#pick(Object.keys(LIMITS))),
      () => ns.conn.connect(this.#pick(Object.keys(LIMITS))),
      async () => ns.broadcast('news', 'all'),
      async () => void (this.#random() < 0.1 && ns.conn.close(4000, 'enough')),
    ];
    const done = this.#pick(acts)();
    if (this.#random() < 0.7) await done.catch(() => {});
  }
}

describe('a server of controllers under random frames', () => {
  beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
  afterAll(() => void process.off('unhandledRejection', note).off('uncaughtException', note));

  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))('keeps its promises with seed %i', async (seed) => {
    const chaos = new Chaos(seed);

    await chaos.run();

    expect(chaos.isEmpty).toBe(true);
    expect(chaos.ledger.unbalanced).toEqual([]);
    expect(chaos.ledger.wrong).toEqual([]);
    expect(chaos.crowds).toEqual([]);
    expect([...chaos.answers].filter(([, count]) => count > 1)).toEqual([]);
    expect(stray).toEqual([]);
  });
});
