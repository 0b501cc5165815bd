import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { available } from './demand.js';

/** A program that carries messages, and what it says when it is there. */
interface Program {
  readonly command: string;
  readonly args: (port: number, folder: string) => readonly string[];
  readonly isReady: RegExp;
}

const PROGRAMS = {
  redis: {
    command: 'redis-server',
    args: (port, folder) => [
      ...['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
    ],
    isReady: /Ready to accept connections/,
  },
  sentinel: {
    command: 'redis-server',
    args: (port, folder) => ['--sentinel', '--port', String(port), '--bind', '127.0.0.1', '--dir', folder],
    isReady: /monitor master/,
  },
  nats: {
    command: 'nats-server',
    args: (port) => ['-a', '127.0.0.1', '-p', String(port)],
    isReady: /Server is ready/,
  },
} as const satisfies Record<string, Program>;

export type BrokerKind = keyof typeof PROGRAMS;

/** Why the tests with a real broker are left out here; `undefined` where it is installed. */
export function whyNoBroker(kind: BrokerKind): string | undefined {
  const { command } = PROGRAMS[kind];
  const isThere = spawnSync(command, ['--version']).status === 0;
  return available(command, isThere) ? undefined : `${command} is not installed here`;
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A real broker on a port of its own, which may be killed and started again there. */
export class BrokerProcess {
  readonly port: number;
  readonly #program: Program;
  readonly #args: readonly string[];
  readonly #folder: string;
  /** A file of its configuration, which comes before all else. */
  readonly #files: string[] = [];
  #child: ChildProcess | undefined;

  /** A sentinel that watches one Redis by the name `main`. */
  static async startSentinel(redisPort: number): Promise<BrokerProcess> {
    const sentinel = new BrokerProcess('sentinel', await freePort(), []);
    const config = join(sentinel.#folder, 'sentinel.conf');
    writeFileSync(config, `sentinel monitor main 127.0.0.1 ${redisPort} 1\n`);
    sentinel.#files.push(config);
    await sentinel.resume();
    return sentinel;
  }

  private constructor(kind: BrokerKind, port: number, args: readonly string[]) {
    this.port = port;
    this.#program = PROGRAMS[kind];
    this.#args = args;
    this.#folder = mkdtempSync(join(tmpdir(), 'nefeli-broker-'));
    // Whatever becomes of the tests, it ends with them.
    process.once('exit', this.#killNow);
  }

  /** @param args more of the program's own, after those that every test needs */
  static async start(kind: BrokerKind, ...args: readonly string[]): Promise<BrokerProcess> {
    for (let tries = 3; ; tries -= 1) {
      const broker = new BrokerProcess(kind, await freePort(), args);
      try {
        await broker.resume();
        return broker;
      } catch (error) {
        // Somebody else may have taken the port meanwhile.
        await broker.stop();
        if (tries === 1) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, on the same port, with nothing remembered. */
  async resume(): Promise<void> {
    const { command, args, isReady } = this.#program;
    const child = spawn(command, [...this.#files, ...args(this.port, this.#folder), ...this.#args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer): void => {
        said += String(chunk);
        if (isReady.test(said)) resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${command} has ended: ${said.slice(-500)}`)));
    });
  }

  /** Kills it without a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** It is there, and does nothing: `freeze(false)` lets it go on. */
  freeze(isFrozen = true): void {
    this.#child?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    process.removeListener('exit', this.#killNow);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  readonly #killNow = (): void => void this.#child?.kill('SIGKILL');
}
