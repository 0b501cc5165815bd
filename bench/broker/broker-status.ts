import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { RunningBroker } from './start-broker.js';

const STATUS_MS = 5_000;

/** How many clients are connected, whoever asks for it left out. */
export async function connectionsOf(broker: RunningBroker): Promise<number> {
  if (broker.kind === 'nats') return Number((await askNats(broker, 'connz'))['num_connections']);
  const lines = (await askRedis(broker, 'CLIENT LIST')).split('\n').filter((line) => line.startsWith('id='));
  return lines.length - 1;
}

/** What it has allocated (Redis), or got from the system (NATS). In bytes. */
export async function memoryOf(broker: RunningBroker): Promise<number> {
  if (broker.kind === 'nats') return Number((await askNats(broker, 'varz'))['mem']);
  return Number(/used_memory:(\d+)/.exec(await askRedis(broker, 'INFO memory'))?.[1]);
}

/** User and system time of all threads that a process has, in microseconds. 0 where the system does not tell: not on Linux. */
export function cpuUsOf(pid: number): number {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).reduce((sum, thread) => {
      const [nanoseconds] = readFileSync(`${folder}/${thread}/schedstat`, 'utf8').split(' ');
      return sum + Number(nanoseconds) / 1_000;
    }, 0);
  } catch {
    return 0; // a system without /proc, or without these figures in it
  }
}

/** One command on a connection of its own, which ends with it. */
async function askRedis({ port }: RunningBroker, command: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(STATUS_MS, () => socket.destroy(new Error('Redis has not answered')));
  let answer = '';
  socket.setEncoding('utf8').on('data', (text) => {
    answer += text;
  });
  socket.write(`${command}\r\nQUIT\r\n`);
  await once(socket, 'end');
  socket.destroy();
  return answer;
}

async function askNats({ statusPort }: RunningBroker, page: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`http://127.0.0.1:${statusPort}/${page}`, { signal: AbortSignal.timeout(STATUS_MS) });
  // Each page is an object.
  return (await response.json()) as Record<string, unknown>;
}
