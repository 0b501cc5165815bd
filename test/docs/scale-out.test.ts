import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RedisAdapterOptions } from '../../src/adapters/redis/index.js';
import type { BroadcastTarget, ClusterView } from '../../src/index.js';
import { readTables } from './markdown.js';

/** Every option there is: the compiler refuses this list when one is missing, or is none. */
const REDIS: Record<keyof RedisAdapterOptions, true> = {
  app: true,
  url: true,
  nodes: true,
  client: true,
  redis: true,
  secret: true,
  whenDown: true,
  maxQueueBytes: true,
};

/** What is named in the first column of the calls, of each kind. */
const CALLS: Record<Exclude<keyof BroadcastTarget, 'room' | 'to' | 'except'>, true> = {
  broadcast: true,
  broadcastAcked: true,
  ask: true,
  gather: true,
  count: true,
  members: true,
  rooms: true,
  joinRoom: true,
  leaveRoom: true,
  disconnect: true,
  close: true,
};

const page = readFileSync('docs/scale-out.md', 'utf8');
const tables = readTables(page);
const plain = (cell = ''): string => cell.replaceAll('`', '');

describe('docs/scale-out.md', () => {
  it('names every option of redisAdapter once, and no other', () => {
    const section = readTables(page.slice(page.indexOf('\n## Redis'), page.indexOf('\n## Load balancers')));
    const names = section.flatMap(({ rows }) => rows.map(([name]) => plain(name)));

    expect(names.sort()).toEqual(Object.keys(REDIS).sort());
  });

  it('names every call of a target', () => {
    const calls = tables.find(({ header }) => header[0] === 'call')?.rows.map(([call]) => plain(call)) ?? [];
    const named = calls.join(' ').match(/\w+(?=\()/g) ?? [];

    for (const call of Object.keys(CALLS)) expect(named).toContain(call);
  });

  it('names what the cluster has', () => {
    const members: Record<keyof ClusterView, true> = { serverId: true, state: true, peers: true, emit: true, on: true };

    for (const name of Object.keys(members).filter((each) => each !== 'serverId'))
      expect(page).toContain(`\`${name}\``);
  });
});
