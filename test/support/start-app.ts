import Fastify, { type FastifyHttpOptions, type FastifyInstance, type RawServerDefault } from 'fastify';
import { type NefeliOptions, nefeli } from 'nefeli';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { portOf } from './port-of.js';

/** An app that listens on a port of its own, and is closed when the test has finished. */
export async function startApp(
  setUp: (app: FastifyInstance) => unknown,
  options: FastifyHttpOptions<RawServerDefault> = {},
): Promise<FastifyInstance> {
  const app = Fastify(options);
  onTestFinished(() => app.close());
  await setUp(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return app;
}

/** An app with one mount on `/ws`. */
export function startNefeli(
  options: NefeliOptions,
  server: FastifyHttpOptions<RawServerDefault> = {},
): Promise<FastifyInstance> {
  return startApp((app) => app.register(nefeli, { path: '/ws', ...options }), server);
}

interface ConnectOptions {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a client saw of an upgrade: the status of the refusal, or 101. */
export async function statusOfUpgrade(app: FastifyInstance, options: ConnectOptions = {}): Promise<number> {
  const socket = open(app, options);
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
    socket.on('unexpected-response', (request, response) => {
      request.destroy();
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => {});
  });
}

/** A raw client: frames in and out, as they are. */
export class RawClient {
  readonly socket: WebSocket;
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #frames: (string | Buffer)[] = [];
  readonly #waiting: ((frame: string | Buffer) => void)[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data, isBinary) => this.#arrive(isBinary ? (data as Buffer) : String(data)));
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** Connects, and waits until the upgrade has been answered. */
  static async open(app: FastifyInstance, options: ConnectOptions = {}): Promise<RawClient> {
    const client = new RawClient(open(app, options));
    onTestFinished(() => client.socket.terminate());
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', () => resolve());
      client.socket.once('error', reject);
    });
    return client;
  }

  /** Connects, says hello and connects a namespace. */
  static async join(app: FastifyInstance, namespace: string, options: ConnectOptions = {}): Promise<RawClient> {
    const client = await RawClient.open(app, options);
    client.send('M', `$0;${namespace};;_OnNamespaceConnect;0;0;`);
    for (let frame = await client.next(); frame !== '$0;;;;;;'; frame = await client.next()) {
      if (typeof frame === 'string' && frame.startsWith('$0;')) throw new Error(`not connected: ${frame}`);
    }
    return client;
  }

  send(...frames: (string | Uint8Array)[]): void {
    for (const frame of frames) this.socket.send(frame);
  }

  next(): Promise<string | Buffer> {
    return new Promise((resolve) => {
      const frame = this.#frames.shift();
      if (frame === undefined) this.#waiting.push(resolve);
      else resolve(frame);
    });
  }

  #arrive(frame: string | Buffer): void {
    const resolve = this.#waiting.shift();
    if (resolve) resolve(frame);
    else this.#frames.push(frame);
  }
}

function open(app: FastifyInstance, { path = '/ws', headers = {} }: ConnectOptions): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${portOf(app)}${path}`, { headers });
}
