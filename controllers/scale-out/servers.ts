import { type ChildProcess, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { MemoryBus, memoryAdapter } from 'nefeli';
import { buildBoardApp } from './board-app.js';

const PROGRAM = fileURLToPath(new URL('./server.js', import.meta.url));
const NAMES = ['left', 'right'] as const;

/** Servers that are one, and what joins them. */
export interface Servers {
  /** For people: what the servers are, and what they are joined by. */
  readonly what: string;
  readonly servers: readonly { readonly name: string; readonly port: number }[];
  close(): Promise<void>;
}

/** Starts two servers, over the best there is: a Redis that is named, one of its own, or the memory of one process. */
export async function startServers(redisUrl = process.env['REDIS_URL']): Promise<Servers> {
  if (!existsSync(PROGRAM)) return await startInOneProcess('this example has not been compiled');
  if (redisUrl) return await startProcesses(redisUrl, 'Two processes, joined by the Redis at REDIS_URL.');
  if (spawnSync('redis-server', ['--version']).status !== 0)
    return await startInOneProcess('there is no redis-server here, and REDIS_URL is not set');
  const { url, stop } = await startRedis();
  const what = 'Two processes, joined by a redis-server that this example has started, for REDIS_URL is not set.';
  const servers = await startProcesses(url, what).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const close = async (): Promise<void> => {
    await servers.close();
    await stop();
  };
  return { ...servers, close };
}

async function startProcesses(redisUrl: string, what: string): Promise<Servers> {
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(children.map(endOf));
  };
  try {
    const starting = NAMES.map(async (name) => {
      const child = fork(PROGRAM, [name, redisUrl]);
      children.push(child);
      const ended = once(child, 'exit').then(() => Promise.reject(new Error(`the server “${name}” has ended`)));
      ended.catch(() => {}); // later it is meant to
      const [message] = (await Promise.race([once(child, 'message'), ended])) as [{ readonly port: number }]; // server.ts sends it
      return { name, port: message.port };
    });
    return { what, servers: await Promise.all(starting), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  if (child.connected) child.send('close');
  await exited;
}

/** Without a broker there is one process: what is seen is the same, and what fails, fails for both. */
async function startInOneProcess(why: string): Promise<Servers> {
  const bus = new MemoryBus();
  const apps = await Promise.all(
    NAMES.map((name) => buildBoardApp({ name, adapter: memoryAdapter(bus), logger: { level: 'warn' } })),
  );
  const host = process.env['HOST'] ?? '127.0.0.1';
  const servers = await Promise.all(
    apps.map(async (app, index) => {
      await app.listen({ port: 0, host });
      const address = app.server.address();
      return { name: NAMES[index] ?? '', port: typeof address === 'object' ? (address?.port ?? 0) : 0 };
    }),
  );
  const close = async (): Promise<void> => {
    await Promise.all(apps.map((app) => app.close()));
  };
  return { what: `Two servers in ONE process, joined by its memory: ${why}.`, servers, close };
}

/** A Redis that keeps nothing, and ends with this process. */
async function startRedis(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const redis = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  const kill = (): void => void redis.kill('SIGKILL');
  process.once('exit', kill);
  await new Promise<void>((resolve, reject) => {
    redis.once('exit', () => reject(new Error('redis-server has ended')));
    redis.stdout.on('data', (text) => {
      if (String(text).includes('Ready to accept connections')) resolve();
    });
  });
  const stop = async (): Promise<void> => {
    process.removeListener('exit', kill);
    const exited = once(redis, 'exit');
    redis.kill('SIGTERM');
    await exited;
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
