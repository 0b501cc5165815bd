import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import type { BrokerKind } from '../support/broker-process.js';

const PROGRAM = fileURLToPath(new URL('./cluster-process.mjs', import.meta.url));
const PACKAGE = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

interface Report {
  readonly ready?: string;
  readonly number?: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** A server of a cluster, in a process of its own. It ends with the tests at the latest. */
export class ServerProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (report: Report) => void>();
  #numbers = 0;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.on('message', (message) => {
      const report = message as Report; // our own program has sent it
      this.#waiting.get(report.number ?? 0)?.(report);
    });
  }

  static async start(kind: BrokerKind, port: number): Promise<ServerProcess> {
    if (!existsSync(PACKAGE)) throw new Error('dist is missing: run `npm run build` first');
    const child = fork(PROGRAM, [kind, String(port)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    process.once('exit', () => child.kill('SIGKILL'));
    const exited = once(child, 'exit').then(() => Promise.reject(new Error('the server has ended')));
    exited.catch(() => {});
    const [report] = (await Promise.race([once(child, 'message'), exited])) as [Report];
    return new ServerProcess(child, report.ready ?? '');
  }

  /** @throws the code of the error there */
  async do(action: string, ...args: readonly unknown[]): Promise<unknown> {
    const number = ++this.#numbers;
    const reported = new Promise<Report>((resolve) => this.#waiting.set(number, resolve));
    this.#child.send({ number, action, args });
    const { value, error } = await reported;
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}

/** A client of neffos's protocol that is in `default`, and answers `who` with its id. */
export class RawClient {
  readonly id: string;
  readonly frames: (string | Uint8Array)[] = [];
  readonly #socket: WebSocket;
  closeCode: number | undefined;

  private constructor(id: string, socket: WebSocket) {
    this.id = id;
    this.#socket = socket;
    socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  static async connect(server: ServerProcess, id: string, { answers = true } = {}): Promise<RawClient> {
    const socket = new WebSocket(`${server.url}/ws?id=${id}`);
    onTestFinished(() => socket.terminate());
    const client = new RawClient(id, socket);
    const entered = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer, isBinary) => {
        const frame = isBinary ? new Uint8Array(data) : String(data);
        if (frame === '$1;;;;;;') resolve();
        client.#hear(frame, answers);
      });
    });
    await once(socket, 'open');
    socket.send('M');
    socket.send('$1;default;;_OnNamespaceConnect;0;0;');
    await entered;
    return client;
  }

  send(frame: string): void {
    this.#socket.send(frame);
  }

  /** The events that have come: name and body. */
  get events(): string[][] {
    return this.frames.flatMap((frame) => {
      const [wait, , , event = '', , , ...body] = Buffer.from(frame).toString().split(';');
      return wait === '' && event !== '' ? [[event, body.join(';')]] : [];
    });
  }

  #hear(frame: string | Uint8Array, answers: boolean): void {
    this.frames.push(frame);
    const [wait = '', namespace, room, event = ''] = Buffer.from(frame).toString().split(';');
    // What the server asks has a token that does not start with a dollar here: that is the client's own.
    if (wait === '' || this.#isOwn(wait)) return;
    if (event.startsWith('_On')) this.#socket.send(`${wait};${namespace};${room};${event};0;0;`);
    else if (answers) this.#socket.send(`${wait};${namespace};;${event};0;0;${this.id}`);
  }

  #isOwn(wait: string): boolean {
    return wait.startsWith('$');
  }
}
