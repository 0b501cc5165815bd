import { describe, expect, it } from 'vitest';
import { member } from '../server/member.js';
import { ScriptedAdapter } from '../server/scripted-adapter.js';
import { settle, testServer } from '../support/test-server.js';

describe('joining a room that has to be subscribed first', () => {
  it('is done once where both sides join it at the same time, and leaves no subscription behind', async () => {
    const adapter = new ScriptedAdapter();
    const t = testServer({ default: {} }, { adapter });
    await t.server.start();
    const { client, conn } = await t.dial();
    const ns = await client.connect('default');
    let subscribed: () => void = () => {};
    adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));

    const joins = [ns.joinRoom('lobby'), conn.namespace('default')?.joinRoom('lobby')];
    await settle();
    await settle();
    subscribed();
    await Promise.all(joins);
    expect(conn.namespace('default')?.rooms.map(({ name }) => name)).toEqual(['lobby']);
    await ns.room('lobby')?.leave();
    await settle();

    const key = 'r7:defaultlobby';
    expect([adapter.subscribed, adapter.unsubscribed].map((keys) => keys.filter((each) => each === key))).toEqual([
      [key],
      [key],
    ]);
  });

  it('asks the client to join no sooner than what other servers broadcast there arrives', async () => {
    const { adapter, ns, peer } = await connected();
    let subscribed: () => void = () => {};
    adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));

    const joined = ns.joinRoom('lobby');
    await settle();
    expect(peer.socket.sent).toEqual([]);
    subscribed();
    await settle();
    const [asked] = peer.socket.sent;
    expect(asked).toMatch(/;default;lobby;_OnRoomJoin;0;0;$/);
    peer.socket.receive(String(asked));

    await expect(joined).resolves.toMatchObject({ name: 'lobby' });
    expect(countOf(adapter, 'lobby')).toEqual([1, 0]);
  });

  it.each([
    ['refuses', async ({ peer }: Connected) => peer.socket.receive(refusalOf(String(peer.socket.sent[0])))],
    ['goes', async ({ peer }: Connected) => peer.socket.receiveClose(1001, '')],
    [
      'is disconnected from the namespace',
      async ({ peer }: Connected) => {
        peer.socket.receive('$9;default;;_OnNamespaceDisconnect;0;0;');
        await settle();
        peer.socket.receive(String(peer.socket.sent[0]));
      },
    ],
  ] as const)('leaves no subscription behind when the client %s', async (_, end) => {
    const there = await connected();
    const joined = there.ns.joinRoom('lobby');
    const outcome = expect(joined).rejects.toThrow();
    await settle();

    await end(there);
    await outcome;
    await settle();

    expect(countOf(there.adapter, 'lobby')).toEqual([1, 1]);
  });

  it('asks nobody where it cannot be subscribed, or where the namespace is left meanwhile', async () => {
    const { adapter, ns, peer } = await connected();
    adapter.onSubscribe = () => Promise.reject(new Error('no permission'));
    await expect(ns.joinRoom('lobby')).rejects.toThrow('no permission');

    let subscribed: () => void = () => {};
    adapter.onSubscribe = () => new Promise((resolve) => (subscribed = resolve));
    const joined = ns.joinRoom('lobby');
    const outcome = expect(joined).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
    peer.socket.receive('$9;default;;_OnNamespaceDisconnect;0;0;');
    await settle();
    subscribed();
    await outcome;

    expect(peer.socket.sent).toEqual(['$9;;;;;;']);
    expect(countOf(adapter, 'lobby')).toEqual([2, 2]);
  });
});

type Connected = Awaited<ReturnType<typeof connected>>;

/** A raw peer that is connected to a namespace of a server with an adapter. */
async function connected() {
  const adapter = new ScriptedAdapter();
  const t = testServer({ default: {} }, { adapter });
  await t.server.start();
  const peer = await member(t);
  const ns = peer.conn.namespace('default');
  if (!ns) throw new Error('not connected');
  return { adapter, peer, ns };
}

/** How often a room was subscribed, and unsubscribed. */
const countOf = ({ subscribed, unsubscribed }: ScriptedAdapter, room: string): number[] =>
  [subscribed, unsubscribed].map((keys) => keys.filter((key) => key === `r7:default${room}`).length);

/** A frame sent back as an error. */
function refusalOf(frame: string): string {
  const [wait, namespace, room, event] = frame.split(';');
  return [wait, namespace, room, event, '1', '0', 'not me'].join(';');
}
