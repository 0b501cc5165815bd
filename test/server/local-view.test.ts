import { describe, expect, it } from 'vitest';
import { targetOf } from '../../src/server/local-view.js';
import { testServer } from '../support/test-server.js';
import { member } from './member.js';

async function withThree() {
  const t = testServer({ default: {}, other: {} });
  const tabs = [await member(t, { id: 'maria', rooms: ['lobby'] }), await member(t, { id: 'maria' })];
  const nikos = await member(t, { id: 'nikos', rooms: ['lobby', 'hall'] });
  return { local: t.server.local, tabs: tabs.map(({ conn }) => conn), nikos: nikos.conn, socket: nikos.socket };
}

describe('LocalView', () => {
  it('tells how many connections there are, in which namespaces and rooms', async () => {
    const { local } = await withThree();

    expect(local.size).toBe(3);
    expect(local.namespaces).toEqual(['default']);
    expect(local.rooms('default')).toEqual(['lobby', 'hall']);
    expect(local.rooms('other')).toEqual([]);
  });

  it('gives every connection of an id, and every one of a namespace: equal ids are not one', async () => {
    const { local, tabs, nikos } = await withThree();

    expect(local.withId('maria')).toEqual(tabs);
    expect(local.connectionsOf('default')).toEqual([...tabs, nikos]);
    expect(local.connectionsOf('other')).toEqual([]);
  });

  it('counts and lists those in a namespace, a room, or with an id', async () => {
    const { local, tabs, nikos } = await withThree();
    const [first, second] = tabs;

    expect(local.count({ namespace: 'default' })).toBe(3);
    expect(local.count({ namespace: 'default', room: 'lobby' })).toBe(2);
    expect(local.count({ namespace: 'default', room: 'lobby', to: 'maria' })).toBe(1);
    expect(local.members({ namespace: 'default', to: 'maria' })).toEqual([
      { id: 'maria', key: first?.key },
      { id: 'maria', key: second?.key },
    ]);
    expect(local.members({ namespace: 'default', room: 'hall' })).toEqual([{ id: 'nikos', key: nikos.key }]);
  });

  it('knows nothing any more of who has gone', async () => {
    const { local, socket } = await withThree();

    socket.receiveClose();

    expect(local.size).toBe(2);
    expect(local.rooms('default')).toEqual(['lobby']);
    expect(local.withId('nikos')).toEqual([]);
  });
});

describe('targetOf', () => {
  it('means everybody in the namespace without a room or an id, and the room "" is one', () => {
    const everybody = { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };

    expect(targetOf({ namespace: 'default' })).toEqual(everybody);
    expect(targetOf({ namespace: 'default', room: '', to: '' })).toEqual({ ...everybody, rooms: [''], ids: [''] });
  });
});
