import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A broker that runs. It is killed when this process ends, at the latest. */
export interface RunningBroker {
  readonly kind: BrokerKind;
  readonly port: number;
  /** Where it tells of itself over HTTP, if it does. */
  readonly statusPort: number;
  readonly pid: number;
  /** Fulfilled when it has ended by itself. */
  readonly ended: Promise<unknown>;
}

interface Program {
  readonly command: string;
  readonly args: (ports: Pick<RunningBroker, 'port' | 'statusPort'>) => readonly string[];
  readonly isReady: RegExp;
  readonly version: RegExp;
}

const PROGRAMS = {
  redis: {
    command: 'redis-server',
    args: ({ port }) => ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    isReady: /Ready to accept connections/,
    version: /v=(\S+)/,
  },
  nats: {
    command: 'nats-server',
    args: ({ port, statusPort }) => ['-a', '127.0.0.1', '-p', String(port), '-m', String(statusPort)],
    isReady: /Server is ready/,
    version: /v(\d\S*)/,
  },
} as const satisfies Record<string, Program>;

export type BrokerKind = keyof typeof PROGRAMS;

/** Somebody else may take a port between its choice and its use. */
const TRIES = 3;

/** The program, and its version where it is installed. */
export function describeBroker(kind: BrokerKind): { readonly command: string; readonly version: string | undefined } {
  const { command, version } = PROGRAMS[kind];
  const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return { command, version: version.exec(stdout ?? '')?.[1] };
}

/** Starts it on free ports of the loopback, with nothing stored. */
export async function startBroker(kind: BrokerKind): Promise<RunningBroker> {
  for (let tries = TRIES; ; tries--) {
    const ports = { port: await freePort(), statusPort: await freePort() };
    try {
      return await startOn(kind, ports);
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

async function startOn(kind: BrokerKind, ports: Pick<RunningBroker, 'port' | 'statusPort'>): Promise<RunningBroker> {
  const { command, args, isReady } = PROGRAMS[kind];
  const child = spawn(command, args(ports), { stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = once(child, 'exit');
  await said(child, isReady);
  return { kind, ...ports, pid: child.pid ?? 0, ended };
}

function said(child: ChildProcess, text: RegExp): Promise<void> {
  let all = '';
  return new Promise((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      all = (all + String(chunk)).slice(-2_000);
      if (text.test(all)) resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`the broker has ended: ${all}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return address.port;
}
