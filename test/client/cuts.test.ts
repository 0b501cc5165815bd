import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DialledConn, DialledNSConn, Listener } from '../../src/client/dialled.js';
import { openConn } from '../../src/client/open-conn.js';
import type { Platform, WebSocketLike } from '../../src/client/platform.js';
import type { EventHandlers } from '../../src/core/event-maps.js';
import { PublicError } from '../../src/errors.js';
import type { WaitOptions } from '../../src/ports/conn.js';
import { randomOf } from '../load/random-of.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemorySocket } from '../support/memory-socket.js';
import { silentLog, testServer } from '../support/test-server.js';
import { FakePage } from './fake-network.js';

const LIVES = 100;
const CUTS_OF_A_LIFE = 10;
const NAMESPACES = ['a', 'b', 'given'];
const ROOMS = ['x', 'y'];
/** By which a life is run alone: `NEFELI_SEED=17 npx vitest run test/client/cuts.test.ts`. */
const ONLY = process.env['NEFELI_SEED'];

/** How a connection can be cut: by a close frame, without one, or so that neither side learns of it. */
const CUTS = [1001, 1006, 1006, 1012, 1013, 'silence'] as const;

type Data = string | Uint8Array;
type Handler = ((event: never) => void) | null;

/** A socket to a real server that carries so many frames, in either direction, and is then cut. */
class CutSocket implements WebSocketLike {
  binaryType = '';
  /** At times the network takes no more. */
  get bufferedAmount(): number {
    return this.#life.isSlow() ? Number.MAX_SAFE_INTEGER : 0;
  }
  readyState = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readonly #life: Life;
  readonly #far: MemorySocket;
  readonly #near: MemorySocket;
  readonly #mail: (() => void)[] = [];
  #left: number;
  #isCut = false;

  constructor(life: Life, framesUntilCut: number) {
    this.#life = life;
    this.#left = framesUntilCut;
    [this.#near, this.#far] = MemorySocket.pair();
    this.#near.listen({
      onFrame: (data) => this.#later(() => this.#tell(this.onmessage, { data })),
      onPong() {},
      onOverdue() {},
      onCrowded() {},
      onDrain() {},
      onClose: (code, reason) => this.#later(() => this.#end(code, reason)),
    });
    this.#later(() => {
      this.readyState = 1;
      life.accept(this.#far);
      this.#tell(this.onopen, {});
    });
    void this.#carry();
  }

  send(data: Data): void {
    this.#later(() => this.#near.send({ data, binary: typeof data !== 'string', droppable: false }));
  }

  close(code = 1000, reason = ''): void {
    if (code > 4_999) throw new Error('InvalidAccessError');
    this.readyState = 2;
    this.#near.close(code, reason);
    this.#isCut = true;
  }

  #later(deliver: () => void): void {
    this.#mail.push(deliver);
  }

  /** One frame a turn, until it is cut. */
  async #carry(): Promise<void> {
    while (!this.#isCut) {
      await nextTurn();
      const deliver = this.#mail.shift();
      if (this.#left < 0 && this.#life.mayCut()) return this.#cut();
      if (deliver) this.#left -= 1;
      deliver?.();
    }
  }

  #cut(): void {
    this.#isCut = true;
    const how = this.#life.cutting();
    this.#near.terminate();
    if (how !== 'silence') this.#end(how, '');
  }

  #end(code: number, reason: string): void {
    this.readyState = 3;
    this.#isCut = true;
    this.#tell(this.onclose, { code, reason });
  }

  #tell(handler: Handler, event: object): void {
    handler?.(event as never); // the client takes what it needs of it
  }
}

/** One client of one server, which does what comes to its mind while its connection is cut again and again. */
class Life {
  readonly #random: () => number;
  readonly clock = new ManualClock();
  readonly page = new FakePage();
  readonly server: ReturnType<typeof testServer>;
  /** What has happened to each namespace object, and to each room of it. */
  readonly traces = new Map<DialledNSConn, string[]>();
  /** How often each message has been heard, by its text. */
  readonly heard = new Map<string, number>();
  readonly #pending = new Set<string>();
  /** How many listen to a signal that never aborts. */
  readonly listening = new Set<unknown>();
  readonly #platform: Platform;
  #cuts = 0;
  #messages = 0;
  #conn: DialledConn | undefined;

  constructor(seed: number) {
    this.#random = randomOf(seed);
    const handlers = this.#serverHandlers();
    this.server = testServer(Object.fromEntries(NAMESPACES.map((name) => [name, handlers])), {
      onConnect: async (conn) => {
        if (this.#chance(0.5)) void conn.connect('given').catch(() => {});
      },
      onError: () => {},
    });
    this.#platform = {
      page: this.page,
      nowMs: () => this.clock.nowMs(),
      after: (delayMs, task) => {
        const timer = this.clock.after(delayMs, task);
        return () => timer.cancel();
      },
      random: this.#random,
      open: () => new CutSocket(this, Math.floor(this.#random() * 25)),
    };
  }

  get pending(): string[] {
    return [...this.#pending];
  }

  get conn(): DialledConn {
    if (!this.#conn) throw new Error('it was never let in');
    return this.#conn;
  }

  isSlow(): boolean {
    return this.mayCut() && this.#chance(0.2);
  }

  mayCut(): boolean {
    return this.#cuts < CUTS_OF_A_LIFE;
  }

  cutting(): (typeof CUTS)[number] {
    this.#cuts += 1;
    return this.#pick(CUTS);
  }

  accept(socket: MemorySocket): void {
    const request = {} as never; // nobody looks at it
    this.server.server.accept(socket, {
      id: 'c',
      request,
      user: undefined,
      log: silentLog,
      address: '',
      reconnectTries: 0,
    });
  }

  async run(): Promise<void> {
    const events = Object.fromEntries(NAMESPACES.map((name) => [name, this.#clientHandlers()]));
    const queue = this.#chance(0.3) ? ({ maxMessages: 3, whenFull: 'dropOldest' } as const) : {};
    const options = { reconnect: { initial: true }, onError: () => {}, askTimeoutMs: 5_000, queue };
    this.#track(
      'dial',
      openConn('wss://a.example', events, options, this.#platform).then((conn) => {
        this.#conn = conn;
      }),
    );
    while (this.mayCut() || !this.#conn) {
      await nextTurn();
      this.clock.advanceMs(this.#random() * 300);
      if (this.#conn && this.#chance(0.5)) this.#act(this.#conn);
    }
    for (let turn = 0; turn < 20; turn++) await this.#pass();
    this.conn.close();
    this.#track('closed', this.conn.closed);
    for (let turn = 0; turn < 40 && this.#pending.size > 0; turn++) await this.#pass();
    let isServerClosed = false;
    const closing = this.server.server.close().then(() => {
      isServerClosed = true;
    });
    for (let turn = 0; turn < 40 && !isServerClosed; turn++) {
      await this.#pass();
      this.server.clock.advanceMs(5_000);
    }
    await closing;
  }

  async #pass(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    this.clock.advanceMs(1_000);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T; // the index is within
  }

  #chance(likely: number): boolean {
    return this.#random() < likely;
  }

  #track(what: string, promise: Promise<unknown>): void {
    const name = `${what} ${++this.#messages}`;
    this.#pending.add(name);
    const done = (): void => void this.#pending.delete(name);
    promise.then(done, done);
  }

  /** A wait that may be given up at any moment, or before it begins. */
  #wait(): WaitOptions {
    const controller = new AbortController();
    const kind = this.#random();
    if (kind < 0.3) return { signal: this.#patient };
    if (kind < 0.4) controller.abort();
    else if (kind < 0.6) this.clock.after(this.#random() * 1_000, () => controller.abort());
    return { signal: controller.signal, timeoutMs: this.#pick([0, 50, 500, 5_000, Number.POSITIVE_INFINITY]) };
  }

  readonly #patient = {
    aborted: false,
    addEventListener: (_event: string, listener: unknown) => this.listening.add(listener),
    removeEventListener: (_event: string, listener: unknown) => this.listening.delete(listener),
  } as unknown as AbortSignal; // all that is asked of one

  /** Reads an event for a while: until it has had enough, gives up, or the namespace ends. */
  async #read(ns: DialledNSConn): Promise<void> {
    const event = this.#pick(['news', 'onRoomJoined', 'onNamespaceDisconnect']);
    const options = this.#chance(0.5) ? { signal: this.#patient } : {};
    for await (const _ of ns.on(event, options)) if (this.#chance(0.3)) break;
  }

  /** What a handler does besides hearing, at times: it may wait for it or not. */
  #meddle(ns: DialledNSConn): Promise<unknown> | undefined {
    if (!this.mayCut() || !this.#chance(0.05)) return undefined;
    const doing = this.#pick([
      () => ns.disconnect(this.#wait()),
      () => ns.leaveAll(this.#wait()),
      () => ns.joinRoom(this.#pick(ROOMS), this.#wait()),
      () => ns.conn.connect(this.#pick(NAMESPACES), this.#wait()),
      () => ns.conn.waitServerConnect(this.#pick(NAMESPACES), { timeoutMs: 500 }),
      () => ns.ask('echo', this.#text(), this.#wait()),
    ])();
    this.#track('meddle', doing);
    return this.#chance(0.5) ? doing.catch(() => {}) : undefined;
  }

  #text(): string {
    return `m${++this.#messages}`;
  }

  #count = (msg: { readonly body: unknown }): void => {
    const text = String(msg.body);
    this.heard.set(text, (this.heard.get(text) ?? 0) + 1);
  };

  #act(conn: DialledConn): void {
    const name = this.#pick(NAMESPACES);
    const ns = conn.namespace(name);
    const acts: (() => void)[] = [
      () => this.#track(`connect ${name}`, conn.connect(name)),
      () => this.#track(`connect ${name}`, conn.connect(name)),
      () => this.#track(`wait ${name}`, conn.waitServerConnect(name)),
      () => ns && this.#track('join', ns.joinRoom(this.#pick(ROOMS))),
      () => ns && this.#track('join', ns.joinRoom(this.#pick(ROOMS))),
      () => ns && this.#track('ask', ns.ask('echo', this.#text())),
      () => ns && this.#track('ask', ns.ask('question', this.#text())),
      () => ns && this.#track('ask', ns.ask('push', this.#text())),
      () => this.#track(`connect ${name}`, conn.connect(name, this.#wait())),
      () => this.#track(`wait ${name}`, conn.waitServerConnect(name, this.#wait())),
      () => ns && this.#track('join', ns.joinRoom(this.#pick(ROOMS), this.#wait())),
      () => ns && this.#track('ask', ns.ask('echo', this.#text(), this.#wait())),
      () => ns && this.#track('read', this.#read(ns)),
      () => ns?.rooms[0] && this.#track('leave', ns.rooms[0].leave(this.#wait())),
      () => ns && this.#chance(0.2) && this.#track('kick', ns.ask('kick')),
      () => this.#chance(0.1) && this.#track('disconnectAll', conn.disconnectAll(this.#wait())),
      () => conn.state.value.kind === 'open' && expect(() => conn.close(5_000)).toThrow('InvalidAccessError'),
      () => ns?.emit('news', this.#text()),
      () => ns?.rooms[0]?.emit('news', this.#text()),
      () => ns && this.#track('force', ns.ask('force', this.#pick(ROOMS))),
      () => ns?.rooms[0] && this.#track('leave', ns.rooms[0].leave()),
      () => ns && this.#chance(0.3) && this.#track('leaveAll', ns.leaveAll()),
      () => ns && this.#chance(0.2) && this.#track('disconnect', ns.disconnect()),
      () => this.page.tell(this.#pick(['online', 'offline', 'resume'])),
    ];
    this.#pick(acts)();
  }

  #clientHandlers(): Record<string, Listener> {
    const linger = async (): Promise<void> => {
      for (let turn = Math.floor(this.#random() * 3); turn > 0; turn--) await nextTurn();
    };
    const names = [
      'NamespaceConnect',
      'NamespaceConnected',
      'NamespaceDisconnect',
      'RoomJoin',
      'RoomJoined',
      'RoomLeave',
      'RoomLeft',
    ];
    const lifecycle = names.map((name): [string, Listener] => [
      `on${name}`,
      (msg, ns) => {
        const trace = this.traces.get(ns) ?? [];
        this.traces.set(ns, trace);
        trace.push([name, msg.room, msg.isRestored && 'restored'].filter(Boolean).join(' '));
        if (['NamespaceConnect', 'RoomJoin'].includes(name) && this.#chance(0.1)) throw new Error('not here');
        // A join in onRoomLeave is told of before onRoomLeft, which waits for that.
        const doing = name === 'RoomLeave' ? undefined : this.#meddle(ns);
        return doing ?? (this.#chance(0.3) ? linger() : undefined);
      },
    ]);
    return {
      ...Object.fromEntries(lifecycle),
      news: (msg, ns) => {
        this.#count(msg);
        return this.#meddle(ns) ?? (this.#chance(0.3) ? linger() : undefined);
      },
      who: async (msg) => {
        await linger();
        return `${msg.body}!`;
      },
    };
  }

  #serverHandlers(): EventHandlers {
    return {
      onNamespaceConnect: () => {
        if (this.#chance(0.05)) throw new PublicError('no');
      },
      onRoomJoin: () => {
        if (this.#chance(0.05)) throw new PublicError('full');
      },
      echo: (msg) => msg.body,
      news: this.#count,
      question: async (msg, ns) => (await ns.ask('who', String(msg.body))).body,
      push: (msg, ns) => ns.emit('news', `${msg.body}`),
      kick: (_msg, ns) => void ns.disconnect().catch(() => {}),
      force: async (msg, ns) => {
        const name = String(msg.body);
        const there = ns.room(name);
        if (there) await there.leave();
        else await ns.joinRoom(name);
      },
    };
  }
}

/** Each event as one letter, so that a whole life can be held against a pattern. */
const LETTERS: Readonly<Record<string, string>> = {
  NamespaceConnect: 'c',
  NamespaceConnected: 'C',
  NamespaceDisconnect: 'D',
  RoomJoin: 'j',
  RoomJoined: 'J',
  RoomLeave: 'l',
  RoomLeft: 'L',
};

const lettersOf = (trace: readonly string[]): string =>
  trace.map((event) => (event.endsWith('restored') ? 'r' : (LETTERS[event.split(' ')[0] ?? ''] ?? '?'))).join('');

/** Refused before it is there, or there, restored as often as it was lost, and gone: once. */
const NAMESPACE_LIFE = /^c*(Cr*D)?$/;
const ROOM_LIFE = /^(j*Jr*lL)*j*$/;

const stray: unknown[] = [];
const note = (error: unknown): void => void stray.push(error);

describe('a client whose connection is cut at any moment', () => {
  beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
  afterAll(() => void process.off('unhandledRejection', note).off('uncaughtException', note));

  const seeds = ONLY === undefined ? Array.from({ length: LIVES }, (_, index) => index + 1) : [Number(ONLY)];

  it.each(seeds)(`keeps its promises through ${CUTS_OF_A_LIFE} cuts with seed %i`, async (seed) => {
    const life = new Life(seed);

    await life.run();

    expect(life.pending).toEqual([]);
    expect(life.conn.state.value).toEqual({ kind: 'closed', code: 1000, reason: '' });
    expect(life.conn.namespaces).toEqual([]);
    expect([life.clock.timers, life.page.listening, life.listening.size]).toEqual([0, 0, 0]);
    expect(life.server.server.local.size).toBe(0);
    expect([...life.heard].filter(([, times]) => times > 1)).toEqual([]);
    for (const trace of life.traces.values()) {
      expect(lettersOf(trace.filter((event) => event.startsWith('Namespace')))).toMatch(NAMESPACE_LIFE);
      for (const room of ROOMS) {
        expect(lettersOf(trace.filter((event) => event.split(' ')[1] === room))).toMatch(ROOM_LIFE);
      }
    }
    expect(stray).toEqual([]);
  });
});
