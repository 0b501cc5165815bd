import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventHandlers } from '../../src/core/event-maps.js';
import { systemScheduler } from '../../src/core/web-platform.js';
import { PublicError } from '../../src/errors.js';
import type { NSConn } from '../../src/ports/conn.js';
import type { MemorySocket } from '../support/memory-socket.js';
import { settle, testServer } from '../support/test-server.js';
import { randomOf } from './random-of.js';

const SEEDS = 40;
const CLIENTS = 4;
const FRAMES = 60;
const HANDLER_TIMEOUT_MS = 150;
const NAMESPACES = ['a', 'b', ''];
const ROOMS = ['', 'x', 'y'];
const EVENTS = ['e', '_OnNamespaceConnect', '_OnNamespaceDisconnect', '_OnRoomJoin', '_OnRoomLeave', 'nope'];

const stray: unknown[] = [];
const note = (error: unknown): void => void stray.push(error);

/** One server under random frames of several clients, whose handlers do what handlers do, at random. */
class Chaos {
  readonly lives = new Map<NSConn, string[]>();
  readonly #random: () => number;
  readonly #server: ReturnType<typeof testServer>;
  readonly #sockets: MemorySocket[] = [];
  /** Whether a hook took as long as it may by the clock, for the process stood still: then its client is refused, and rightly. */
  hasStalled = false;
  /** The answers to each ask, by socket and token. */
  readonly answers = new Map<string, number>();

  constructor(seed: number) {
    this.#random = randomOf(seed);
    const handlers = this.#handlers();
    this.#server = testServer(Object.fromEntries(NAMESPACES.map((name) => [name, handlers])), {
      scheduler: systemScheduler,
      askTimeoutMs: 50,
      handlerTimeoutMs: HANDLER_TIMEOUT_MS,
      onError: () => {},
      onConnect: () => this.#letIn(),
    });
  }

  async run(): Promise<void> {
    for (let index = 0; index < CLIENTS; index++) this.#sockets.push(this.#server.accept().socket);
    for (let index = 0; index < FRAMES; index++) {
      for (const socket of this.#sockets) socket.receive(...this.#frames(socket, index));
      if (this.#random() < 0.3) await settle();
    }
    await this.#server.server.close();
    for (const socket of this.#sockets) this.#count(socket);
  }

  get isEmpty(): boolean {
    const { local } = this.#server.server;
    return (
      local.size === 0 && local.namespaces.length === 0 && NAMESPACES.every((name) => local.rooms(name).length === 0)
    );
  }

  get firstFrames(): string[] {
    return this.#sockets.map(({ texts: [first = 'A'] }) => first.charAt(0));
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T; // the index is within
  }

  async #linger(): Promise<void> {
    const turns = Math.floor(this.#random() * 4);
    for (let turn = 0; turn < turns; turn++) await settle();
  }

  async #letIn(): Promise<void> {
    const sinceMs = performance.now();
    await this.#linger();
    if (performance.now() - sinceMs >= HANDLER_TIMEOUT_MS - 1) this.hasStalled = true;
  }

  /** A hello, an ask of anything, an answer to whatever was asked of this client, or nonsense. */
  #frames(socket: MemorySocket, index: number): string[] {
    const chance = this.#random();
    if (index === 0 || chance < 0.03) return ['M'];
    const asked = socket.texts.map((text) => text.split(';')[0] ?? '').filter((token) => token.startsWith('n'));
    const token = asked.at(-1);
    if (chance < 0.3 && token !== undefined) return [this.#random() < 0.7 ? `${token};;;;;;` : `${token};a;;e;1;0;no`];
    if (chance > 0.995) return [this.#pick(['nonsense', '$!x;a;;e;0;0;', ';;'])];
    const wait = `$${this.#sockets.indexOf(socket)}x${index}`;
    this.answers.set(wait, 0);
    return [`${wait};${this.#pick(NAMESPACES)};${this.#pick(ROOMS)};${this.#pick(EVENTS)};0;0;body`];
  }

  #count(socket: MemorySocket): void {
    for (const text of socket.texts) {
      const [wait = ''] = text.split(';');
      const count = this.answers.get(wait);
      if (count !== undefined) this.answers.set(wait, count + 1);
    }
  }

  #handlers(): EventHandlers {
    const live = (ns: NSConn, event: string): void => void this.lives.set(ns, [...(this.lives.get(ns) ?? []), event]);
    const maybeRefuse = (): void => {
      if (this.#random() < 0.15) throw this.#random() < 0.5 ? new PublicError('no') : new Error('secret');
    };
    return {
      onNamespaceConnect: async (_, ns) => {
        await this.#linger();
        maybeRefuse();
        live(ns, 'connect');
      },
      onNamespaceConnected: async (_, ns) => {
        live(ns, 'connected');
        await this.#act(ns);
      },
      onNamespaceDisconnect: async (_, ns) => {
        await this.#linger();
        live(ns, 'disconnect');
      },
      onRoomJoin: async () => {
        await this.#linger();
        maybeRefuse();
      },
      onRoomLeave: () => this.#linger(),
      e: async (_, ns) => {
        await this.#act(ns);
        maybeRefuse();
        return 'done';
      },
    };
  }

  /** What handlers do beside answering. Some of it is awaited, as in real ones, and some is not. */
  async #act(ns: NSConn): Promise<void> {
    const acts: (() => Promise<unknown>)[] = [
      () => this.#linger(),
      () => ns.ask('question'),
      () => ns.joinRoom(this.#pick(ROOMS)),
      () => ns.leaveAll(),
      () => ns.disconnect(),
      () => ns.conn.connect(this.#pick(NAMESPACES)),
      async () => ns.broadcast('news', 'all'),
      async () => void (this.#random() < 0.1 && ns.conn.close(4000, 'enough')),
      () => new Promise(() => {}),
    ];
    const act = this.#pick(acts)();
    if (this.#random() < 0.7) await act.catch(() => {});
  }
}

describe('a server under random frames and random handlers', () => {
  beforeAll(() => void process.on('unhandledRejection', note).on('uncaughtException', note));
  afterAll(() => void process.off('unhandledRejection', note).off('uncaughtException', note));

  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))('keeps its promises with seed %i', async (seed) => {
    const chaos = new Chaos(seed);

    await chaos.run();

    expect(chaos.isEmpty).toBe(true);
    expect([...chaos.answers].filter(([, count]) => count > 1)).toEqual([]);
    for (const first of chaos.firstFrames) expect(chaos.hasStalled ? 'AH' : 'A').toContain(first);
    for (const life of chaos.lives.values()) {
      expect([['connect'], ['connect', 'connected', 'disconnect']]).toContainEqual(life);
    }
    expect(stray).toEqual([]);
  });
});
