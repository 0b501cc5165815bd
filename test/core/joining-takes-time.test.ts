import { describe, expect, it } from 'vitest';
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
});
