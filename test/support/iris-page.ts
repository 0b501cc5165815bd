import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from './port-of.js';

/** An event as it stands on the wire: the kind of its value, and the value as text. */
export interface IrisEvent {
  readonly event: string;
  readonly kind: number;
  readonly data: string;
}

interface PageOptions {
  readonly path?: string;
  readonly prefix?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Strings that hold a number are numbers to an old page, and so are `true`, dates and lists of one number. */
const isNumberToPages = (value: unknown): boolean =>
  value !== null && value !== '' && value !== false && !Number.isNaN(Number(value));

/**
 * What a page with `iris-ws.js` does, as it is described: it takes every frame for text, looks for the prefix anywhere in it, and
 * hands the value on as text, whatever its kind.
 */
export class IrisPage {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #prefix: string;
  readonly #arrived: (IrisEvent | string)[] = [];
  readonly #waiting: ((one: IrisEvent | string) => void)[] = [];

  private constructor(socket: WebSocket, prefix: string) {
    this.socket = socket;
    this.#prefix = prefix;
    socket.on('message', (data, isBinary) =>
      this.#arrive(isBinary ? `binary: ${String(data)}` : this.#read(String(data))),
    );
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  static async open(app: FastifyInstance, options: PageOptions = {}): Promise<IrisPage> {
    const { path = '/ws', prefix = 'iris-websocket-message:', headers = {} } = options;
    const socket = new WebSocket(`ws://127.0.0.1:${portOf(app)}${path}`, { headers });
    const page = new IrisPage(socket, prefix);
    onTestFinished(() => socket.terminate());
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return page;
  }

  /** Sends an event with the kind that a page would find its value to be. */
  emit(event: string, value?: unknown): void {
    if (isNumberToPages(value)) this.send(event, 1, String(value));
    else if (typeof value === 'boolean') this.send(event, 2, String(value));
    else if (typeof value === 'string') this.send(event, 0, value);
    else if (typeof value === 'object') this.send(event, 4, JSON.stringify(value));
    else this.send(event, 0, '');
  }

  /** Sends an event as a program would: with a kind of its own. */
  send(event: string, kind: number, data: string | Uint8Array): void {
    const head = `${this.#prefix}${event};${kind};`;
    this.socket.send(typeof data === 'string' ? head + data : Buffer.concat([Buffer.from(head), data]));
  }

  emitMessage(raw: string | Uint8Array): void {
    this.socket.send(raw);
  }

  /** The next event, or raw message. What came in a binary frame, which no page reads, is marked as that. */
  next(): Promise<IrisEvent | string> {
    return new Promise((resolve) => {
      const one = this.#arrived.shift();
      if (one === undefined) this.#waiting.push(resolve);
      else resolve(one);
    });
  }

  #arrive(one: IrisEvent | string): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(one);
    else this.#arrived.push(one);
  }

  #read(text: string): IrisEvent | string {
    if (!text.includes(this.#prefix)) return text;
    const [, event = '', kind = '', data = ''] = /^([^;]*);(.);([\s\S]*)$/.exec(text.slice(this.#prefix.length)) ?? [];
    return { event, kind: Number(kind), data };
  }
}
