import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { NatsAdapterOptions, WireOptions } from '../../src/adapters/nats/index.js';
import type { RedisAdapterOptions } from '../../src/adapters/redis/index.js';
import type { BroadcastTarget, ClusterView } from '../../src/index.js';
import { readTables } from './markdown.js';

/** Options of all brokers, which have a section of their own. */
const WIRE: Record<keyof WireOptions, true> = { wire: true, neffosPrefix: true };

const NATS: Record<Exclude<keyof NatsAdapterOptions, keyof WireOptions>, true> = {
  app: true,
  secret: true,
  whenDown: true,
  maxQueueBytes: true,
  servers: true,
  nats: true,
};

/** Every option there is: the compiler refuses this list when one is missing, or is none. */
const REDIS: Record<Exclude<keyof RedisAdapterOptions, keyof WireOptions>, true> = {
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
  it.each([
    { of: 'redisAdapter', heading: 'Redis', options: REDIS },
    { of: 'natsAdapter', heading: 'NATS', options: NATS },
    { of: 'both for servers of neffos', heading: 'Together with neffos in Go', options: WIRE },
  ])('names every option of $of once, and no other', ({ heading, options }) => {
    const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
    const tablesOfOptions = readTables(section).filter(({ header }) => header[0] === 'option');
    const names = tablesOfOptions.flatMap(({ rows }) => rows.flatMap(([name]) => plain(name).split(', ')));

    expect(names.sort()).toEqual(Object.keys(options).sort());
  });

  it('names every call of a target', () => {
    const calls = tables.find(({ header }) => header[0] === 'call')?.rows.map(([call]) => plain(call)) ?? [];
    const named = calls.join(' ').match(/\w+(?=\()/g) ?? [];

    for (const call of Object.keys(CALLS)) expect(named).toContain(call);
  });

  it('has a place for what servers are sized by, in the section of that', () => {
    const section = page.split(/^## /m).find((text) => text.startsWith('Sizing')) ?? '';

    expect(section).toMatch(/<!-- measured: begin -->[\s\S]*<!-- measured: end -->/);
    expect(page.match(/<!-- measured: /g)).toHaveLength(2);
  });

  it('names what the cluster has', () => {
    const members: Record<keyof ClusterView, true> = { serverId: true, state: true, peers: true, emit: true, on: true };

    for (const name of Object.keys(members).filter((each) => each !== 'serverId'))
      expect(page).toContain(`\`${name}\``);
  });
});
