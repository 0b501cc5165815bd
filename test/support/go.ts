import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { available } from './demand.js';

const MODULE = fileURLToPath(new URL('../interop/go/', import.meta.url));
const BUILD = join(MODULE, 'build');

/** A cold build compiles neffos and its dependencies, and may have to load them. */
export const GO_BUILD_TIMEOUT_MS = 300_000;

const run = promisify(execFile);
const isInstalled = spawnSync('go', ['version']).status === 0;
let building: Promise<string> | undefined;

export interface GoServer {
  /** Where it listens, without a path: `ws://127.0.0.1:<port>`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Whether the Go programs can be built here. */
export function goAvailable(): boolean {
  return available('Go', isInstalled);
}

/**
 * Builds the neffos server and client, and gives the folder they are in.
 *
 * Once for each test file. Files that run at the same time do not disturb each other: Go leaves alone what is up to
 * date, and renames what is new into its place.
 */
export function buildGo(): Promise<string> {
  building ??= run('go', ['build', '-o', 'build/', './...'], { cwd: MODULE, timeout: GO_BUILD_TIMEOUT_MS }).then(
    () => BUILD,
  );
  return building;
}

/** Starts a real neffos server. It ends with this process at the latest. @param args see `server` in `test/interop/go` */
export async function startGoServer(...args: readonly string[]): Promise<GoServer> {
  return await startProgram(join(await buildGo(), 'server'), args);
}

const IRIS_MODULE = fileURLToPath(new URL('../interop/go-iris/', import.meta.url));

/** Builds and starts a server of the websockets that Iris had before neffos: `/ws`, and its script for pages at `/iris-ws.js`. */
export async function startGoIris(): Promise<GoServer> {
  await run('go', ['build', '-o', 'build/', '.'], { cwd: IRIS_MODULE, timeout: GO_BUILD_TIMEOUT_MS });
  return await startProgram(join(IRIS_MODULE, 'build/nefeli-interop-iris'));
}

async function startProgram(program: string, args: readonly string[] = []): Promise<GoServer> {
  const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const lines = createInterface(server.stdout);
  const [line] = (await Promise.race([once(lines, 'line'), exited])) as [unknown];
  const port = /^listening (\d+)$/.exec(String(line))?.[1];
  if (!port) throw new Error(`the Go server did not start: ${String(line)}`);
  return {
    url: `ws://127.0.0.1:${port}`,
    stop: async () => {
      server.stdin.end();
      await exited;
    },
  };
}
