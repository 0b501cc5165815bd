import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BrokerKind, describeBroker } from '../broker/start-broker.js';
import type { Peer } from '../peers.js';
import type { Missing } from './results.js';

const run = promisify(execFile);

const INSTALLED = 'bench/node_modules';
const LOCK = 'bench/package-lock.json';
const GO_SOURCE = 'bench/peers/neffos';
const GO_PROGRAM = 'build/bench/neffos';
/** A first build of the Go server loads and compiles all it needs. */
const PREPARE_MS = 300_000;

/** A peer whose server can be started. */
export interface ReadyPeer extends Peer {
  readonly command: string;
  readonly args: readonly string[];
}

/** Those that can be measured here, and why the others cannot. */
export interface Prepared {
  readonly ready: readonly ReadyPeer[];
  readonly missing: readonly Missing[];
}

const PREPARE: Record<Peer['kind'], () => Promise<unknown>> = {
  ours: async () => {},
  installed: async () => {
    if (!isInstalled()) await run('npm', ['ci', '--prefix', 'bench', '--no-audit', '--no-fund'], LIMITS);
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench/tsconfig.peers.json'], LIMITS);
  },
  go: async () => {
    await run('go', ['build', '-o', join('../../..', GO_PROGRAM), '.'], { ...LIMITS, cwd: GO_SOURCE });
  },
};

const LIMITS = { timeout: PREPARE_MS };

/** Whether what is installed is not older than what is locked. */
function isInstalled(): boolean {
  const record = join(INSTALLED, '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(LOCK).mtimeMs;
}

/** Installs, compiles and builds what the peers need. One that cannot be made ready is left out. */
export async function preparePeers(peers: readonly Peer[]): Promise<Prepared> {
  const reasons = new Map<Peer['kind'], string>();
  for (const kind of new Set(peers.map((peer) => peer.kind))) {
    try {
      await PREPARE[kind]();
    } catch (error) {
      reasons.set(kind, reasonOf(error));
    }
  }
  const judged = peers.map((peer) => ({ peer, reason: reasons.get(peer.kind) ?? whyNoBroker(peer) }));
  return {
    ready: judged.flatMap(({ peer, reason }) => (reason === undefined ? [{ ...peer, ...programOf(peer) }] : [])),
    missing: judged.flatMap(({ peer, reason }) => (reason === undefined ? [] : [{ what: peer.title, reason }])),
  };
}

/** The versions of the packages of peers, as they are installed. */
export function versionsOf(peers: readonly Peer[]): Record<string, string> {
  const names = peers.flatMap((peer) => peer.packages.map((name) => [name, versionOf(name, peer.kind)] as const));
  const brokers = peers.flatMap(({ broker }) => (broker ? [versionOfBroker(broker)] : []));
  return Object.fromEntries([...names, ...brokers]);
}

function whyNoBroker({ broker }: Peer): string | undefined {
  if (broker === undefined) return undefined;
  const { command, version } = describeBroker(broker);
  return version === undefined ? `${command} is not installed` : undefined;
}

function versionOfBroker(broker: BrokerKind): readonly [string, string] {
  const { command, version = 'unknown' } = describeBroker(broker);
  return [command, version];
}

function programOf({ name, kind }: Peer): { command: string; args: string[] } {
  if (kind === 'go') return { command: GO_PROGRAM, args: [] };
  const build = kind === 'ours' ? 'build/bench' : 'bench/build';
  const args = ['--expose-gc', 'build/bench/serve/main.js', join(build, 'peers', `${name}.js`)];
  return { command: process.execPath, args };
}

function versionOf(name: string, kind: Peer['kind']): string {
  if (kind === 'go') {
    const pattern = new RegExp(`${name} v(\\S+)`);
    return pattern.exec(readFileSync(join(GO_SOURCE, 'go.mod'), 'utf8'))?.[1] ?? 'unknown';
  }
  const folder = kind === 'ours' ? 'node_modules' : INSTALLED;
  const path = name === 'nefeli' ? 'package.json' : join(folder, name, 'package.json');
  // Every package.json of an installed package has a version.
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'ENOENT')
    return `${String('path' in error ? error.path : '')} is not installed`;
  return error.message.split('\n').slice(0, 2).join(' ');
}
