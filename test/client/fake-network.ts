import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Address, DialOptions } from '../../src/client/dial-options.js';
import type { DialledConn, DialledNSConn, Listener } from '../../src/client/dialled.js';
import { openConn } from '../../src/client/open-conn.js';
import type { Page, Platform, WebSocketLike } from '../../src/client/platform.js';
import { ManualClock } from '../support/manual-clock.js';

type Data = string | Uint8Array;
type Handler = ((event: never) => void) | null;

/** A socket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  binaryType = 'blob';
  bufferedAmount = 0;
  readyState = 0;
  onopen: Handler = null;
  onmessage: Handler = null;
  onclose: Handler = null;
  onerror: Handler = null;
  readonly url: string;
  readonly heard: () => void;
  /** What the client has sent and the test has not taken. */
  sent: Data[] = [];
  /** How the client has closed it. */
  closedWith: { code: number | undefined; reason: string | undefined } | undefined;

  constructor(url: string, heard: () => void) {
    this.url = url;
    this.heard = heard;
  }

  get texts(): string[] {
    return this.sent.map((data) => (typeof data === 'string' ? data : `<${new TextDecoder().decode(data)}>`));
  }

  send(data: Data): void {
    this.sent.push(data);
  }

  /** @throws as a browser does, at what it refuses to say. @source https://websockets.spec.whatwg.org/#dom-websocket-close */
  close(code?: number, reason = ''): void {
    if (code !== undefined && code !== 1000 && (code < 3_000 || code > 4_999)) throw new Error('InvalidAccessError');
    if (Buffer.byteLength(reason) > 123) throw new Error('SyntaxError');
    this.readyState = 2;
    this.closedWith ??= { code, reason };
  }

  /** What the client has sent meanwhile. */
  take(): string[] {
    const { texts } = this;
    this.sent = [];
    return texts;
  }

  /** The upgrade succeeds. */
  open(): void {
    this.readyState = 1;
    this.#tell(this.onopen, {});
  }

  receive(...frames: Data[]): void {
    for (const frame of frames) {
      this.#tell(this.onmessage, { data: typeof frame === 'string' ? frame : frame.slice().buffer });
    }
  }

  /** The other side ends it, or the network does. */
  end(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.#tell(this.onclose, { code, reason });
  }

  /** The page forbids it: a browser tells of the error, and of no close. */
  forbid(): void {
    this.readyState = 3;
    this.#tell(this.onerror, {});
  }

  #tell(handler: Handler, event: object): void {
    handler?.(event as never); // the client takes what it needs of it
  }
}

/** A page that tells what the test says. */
export class FakePage implements Page {
  readonly location = { href: 'https://example.com/app/' };
  readonly navigator = { onLine: true };
  readonly document = { visibilityState: 'visible' };
  readonly listeners = new Map<string, Set<(event: { type: string }) => void>>();

  addEventListener(event: string, listener: (event: { type: string }) => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  removeEventListener(event: string, listener: (event: { type: string }) => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  tell(type: string): void {
    for (const listener of this.listeners.get(type) ?? []) listener({ type });
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, { size }) => sum + size, 0);
  }
}

export type Events = Readonly<Record<string, Readonly<Record<string, Listener>>>>;

/** A network of sockets that the test plays the server of, with a clock that stands still. */
export class FakeNetwork {
  readonly clock = new ManualClock();
  readonly page = new FakePage();
  readonly sockets: FakeSocket[] = [];
  /** What handlers have thrown, and what the server has said that nobody waits for. */
  readonly errors: { error: unknown; namespace: string; room: string; event: string }[] = [];
  random = 0.5;

  readonly platform: Platform = {
    page: this.page,
    nowMs: () => this.clock.nowMs(),
    after: (delayMs, task) => {
      const timer = this.clock.after(delayMs, task);
      return () => timer.cancel();
    },
    random: () => this.random,
    open: (url, heard) => {
      const socket = new FakeSocket(url, heard);
      this.sockets.push(socket);
      return socket;
    },
  };

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (!socket) throw new Error('nothing was dialled');
    return socket;
  }

  dial(
    events: Events = {},
    options: DialOptions = {},
    address: Address = 'wss://example.com/ws',
  ): Promise<DialledConn> {
    const onError: DialOptions['onError'] = (error, place) => this.errors.push({ error, ...place });
    return openConn(address, events, { onError, ...options }, this.platform);
  }

  /** Dials, and lets the client in. */
  async open(events: Events = {}, options: DialOptions = {}, address?: Address): Promise<DialledConn> {
    const dialled = this.dial(events, options, address);
    await settle();
    this.welcome();
    return await dialled;
  }

  /** The upgrade, the hello, and the welcome. */
  welcome(id = 'id1'): FakeSocket {
    const { socket } = this;
    socket.open();
    socket.take();
    socket.receive(`A${id}`);
    return socket;
  }

  /** Connects a namespace and acknowledges it. */
  async connect(conn: DialledConn, name = 'chat'): Promise<DialledNSConn> {
    const connecting = conn.connect(name);
    await settle();
    this.acknowledge();
    return await connecting;
  }

  /** Acknowledges all that the client has asked and the test has not taken. */
  acknowledge(): void {
    for (const text of this.socket.take()) {
      const [token = ''] = text.split(';');
      if (token.startsWith('$')) this.socket.receive(`${token};;;;;;`);
    }
  }

  /** The time comes for the next try, the `tries`th in a row. */
  async retry(tries = 1): Promise<void> {
    this.clock.advanceMs(this.random * Math.min(30_000, 1_000 * 2 ** (tries - 1)));
    await settle();
  }

  /** The connection is lost; the client waits, tries again, and is let in. */
  async lose({ code = 1006 } = {}): Promise<FakeSocket> {
    this.socket.end(code);
    await this.retry();
    return this.welcome();
  }
}

/** Lets everything happen that promises have set going. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

/** The token of a frame. */
export const tokenOf = (frame: string | undefined): string => frame?.split(';')[0] ?? '';
