import { describe, expect, it } from 'vitest';
import { dial } from '../../src/client/node.js';
import { startInteropApp } from '../interop/interop-app.js';
import { Relay } from '../interop/relay.js';
import { until } from '../interop/until.js';

describe('dial', () => {
  it('connects, asks, joins, comes back, and closes', async () => {
    const { url, port } = await startInteropApp();
    const relay = await Relay.to(port);
    const log: string[] = [];
    const conn = await dial(url.replace(String(port), String(relay.port)) + '?id=me', {
      default: {
        chat: (msg) => void log.push(`chat ${msg.body}`),
        question: () => 'anna',
        answered: (msg) => void log.push(`answered ${msg.body}`),
        onNamespaceConnected: (msg) => void log.push(`connected ${msg.isRestored}`),
        onRoomJoined: (msg) => void log.push(`joined ${msg.room} ${msg.isRestored}`),
        onRoomLeft: (msg) => void log.push(`left ${msg.room} ${msg.isForced}`),
        onNamespaceDisconnect: (msg) => void log.push(`disconnect ${msg.isForced}`),
      },
    });
    conn.state.subscribe((s) => log.push(s.kind));
    expect(conn.id).toBe('me');
    const ns = await conn.connect('default');
    expect((await ns.ask('echo', 'hi')).body).toBe('hi');
    await expect(ns.ask('fail')).rejects.toMatchObject({ text: 'bad; thing' });
    await expect(ns.ask('nothing')).rejects.toMatchObject({ code: 'EVENT_UNKNOWN' });
    expect((await ns.ask('silent')).body).toBe(undefined);
    await ns.ask('askme');
    const room = await ns.joinRoom('lobby');
    relay.takeDown();
    relay.isDown = false;
    await until(() => conn.state.value.kind === 'waiting');
    expect((await ns.ask('echo', [1, 2])).json()).toEqual([1, 2]);
    await room.leave();
    conn.close();
    expect(await conn.closed).toEqual({ code: 1000, reason: '' });
  });
});
