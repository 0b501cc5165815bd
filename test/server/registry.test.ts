import { describe, expect, it } from 'vitest';
import type { LiveConn } from '../../src/core/live-conn.js';
import type { Conn, NSConn } from '../../src/ports/conn.js';
import type { Target } from '../../src/ports/hub.js';
import { everybodyIn } from '../../src/server/live-broadcast-target.js';
import { Registry } from '../../src/server/registry.js';
import { testServer } from '../support/test-server.js';
import { member } from './member.js';

/** A registry of its own, filled with connections that a server has made. */
async function filled(...members: { id: string; rooms?: string[] }[]) {
  const server = testServer({ default: {} });
  const registry = new Registry();
  const conns: LiveConn[] = [];
  const namespaces: NSConn[] = [];
  for (const options of members) {
    const { conn } = await member(server, options);
    const ns = nsOf(conn);
    registry.add(conn as LiveConn); // what a server makes
    registry.connected(ns);
    for (const { name } of ns.rooms) registry.joined(ns, name);
    conns.push(conn as LiveConn);
    namespaces.push(ns);
  }
  const find = (target: Partial<Target>): string[] =>
    [...registry.receivers({ ...everybodyIn('default'), ...target })].map(
      (ns) => `${conns.indexOf(ns.conn as LiveConn)}`,
    );
  return { registry, conns, namespaces, find };
}

function nsOf(conn: Conn): NSConn {
  const ns = conn.namespace('default');
  if (!ns) throw new Error('not connected');
  return ns;
}

describe('Registry', () => {
  describe('receivers', () => {
    it('gives everybody in the namespace, and nobody of a namespace that nobody is in', async () => {
      const { find } = await filled({ id: 'a' }, { id: 'b' });

      expect(find({})).toEqual(['0', '1']);
      expect(find({ namespace: 'other' })).toEqual([]);
    });

    it('gives those in a room', async () => {
      const { find } = await filled({ id: 'a', rooms: ['x'] }, { id: 'b' }, { id: 'c', rooms: ['x', 'y'] });

      expect(find({ rooms: ['x'] })).toEqual(['0', '2']);
      expect(find({ rooms: ['z'] })).toEqual([]);
    });

    it('gives those in any of several rooms, each once', async () => {
      const { find } = await filled({ id: 'a', rooms: ['x', 'y'] }, { id: 'b', rooms: ['y'] }, { id: 'c' });

      expect(find({ rooms: ['x', 'y', 'z'] })).toEqual(['0', '1']);
    });

    it('gives every connection with an id, and with any of several ids, each once', async () => {
      const { find } = await filled({ id: 'a' }, { id: 'b' }, { id: 'a' }, { id: 'c' });

      expect(find({ ids: ['a'] })).toEqual(['0', '2']);
      expect(find({ ids: ['c', 'a', 'c', 'nobody'] })).toEqual(['3', '0', '2']);
    });

    it('gives those who are in a room and have an id', async () => {
      const { find } = await filled({ id: 'a', rooms: ['x'] }, { id: 'a' }, { id: 'b', rooms: ['x'] });

      expect(find({ rooms: ['x'], ids: ['a'] })).toEqual(['0']);
    });

    it('passes over who has the id but is not in the namespace', async () => {
      const { registry, conns, find } = await filled({ id: 'a' });
      const { conn } = testServer({ default: {} }).accept({ id: 'a' });
      registry.add(conn as LiveConn); // what a server makes

      expect(registry.byId('a')).toEqual([conns[0], conn]);
      expect(find({ ids: ['a'] })).toEqual(['0']);
    });

    it('leaves out keys one by one, and ids with all their connections', async () => {
      const { conns, find } = await filled({ id: 'a' }, { id: 'a' }, { id: 'b' });

      expect(find({ exceptKeys: [conns[0]?.key ?? ''] })).toEqual(['1', '2']);
      expect(find({ exceptIds: ['a'] })).toEqual(['2']);
    });
  });

  it('keeps connections with one id apart', async () => {
    const { registry, conns } = await filled({ id: 'a' }, { id: 'a' }, { id: 'a' });

    expect(registry.size).toBe(3);
    expect(registry.connections()).toEqual(conns);
    expect(registry.byId('a')).toEqual(conns);
    expect(registry.byId('nobody')).toEqual([]);
  });

  it('finds by id who came and went before and after it was first asked', async () => {
    const { registry, conns } = await filled({ id: 'a' }, { id: 'b' });
    const [one, two] = conns as [LiveConn, LiveConn];
    registry.remove(two);

    expect([registry.byId('a'), registry.byId('b')]).toEqual([[one], []]);
    registry.remove(one);
    registry.add(two);
    expect([registry.byId('a'), registry.byId('b')]).toEqual([[], [two]]);
    expect(registry.connections()).toEqual([two]);
  });

  it('forgets rooms with their last member, the namespace with its own, and the id with its last connection', async () => {
    const { registry, conns, namespaces } = await filled({ id: 'a', rooms: ['x'] }, { id: 'a', rooms: ['x', 'y'] });
    const [first, second] = namespaces as [NSConn, NSConn];
    const [one, two] = conns as [LiveConn, LiveConn];

    registry.left(first, 'x');
    expect(registry.rooms('default')).toEqual(['x', 'y']);
    expect(registry.disconnected(second)).toBe(true);
    expect(registry.rooms('default')).toEqual([]);
    expect(registry.namespaces()).toEqual(['default']);
    expect(registry.disconnected(first)).toBe(true);
    expect(registry.namespaces()).toEqual([]);
    expect(registry.rooms('default')).toEqual([]);

    registry.remove(one);
    expect(registry.byId('a')).toEqual([two]);
    registry.remove(two);
    expect(registry.byId('a')).toEqual([]);
    expect(registry.size).toBe(0);
  });

  it('says of a second disconnect that nobody was there', async () => {
    const { registry, namespaces } = await filled({ id: 'a' });
    const [ns] = namespaces as [NSConn];
    registry.disconnected(ns);

    expect(registry.disconnected(ns)).toBe(false);
  });

  it('makes no room for who is not in the namespace, and none for who leaves late', async () => {
    const { registry, namespaces, find } = await filled({ id: 'a' }, { id: 'b' });
    const [first] = namespaces as [NSConn];
    registry.disconnected(first);

    registry.joined(first, 'x');
    registry.left(first, 'x');

    expect(registry.rooms('default')).toEqual([]);
    expect(find({ rooms: ['x'] })).toEqual([]);
    registry.disconnected(namespaces[1] as NSConn);
    registry.left(first, 'x');
    registry.joined(first, 'x');
    expect(registry.namespaces()).toEqual([]);
  });
});
