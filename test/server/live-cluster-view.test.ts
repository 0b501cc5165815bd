import { describe, expect, it } from 'vitest';
import type { ServerEvent } from '../../src/ports/cluster.js';
import { settle, testServer } from '../support/test-server.js';
import { ScriptedAdapter } from './scripted-adapter.js';

async function start() {
  const adapter = new ScriptedAdapter();
  const t = testServer({ default: {} }, { adapter });
  await t.server.start();
  const hear = (event: string, body: string | Uint8Array = ''): void =>
    adapter.deliver({ kind: 'event', from: 'other', content: { event, body, binary: typeof body !== 'string' } });
  return { ...t, adapter, hear, cluster: t.server.cluster };
}

describe('the cluster of a server', () => {
  it('is alone without an adapter: nobody else is there, and what is emitted goes nowhere', () => {
    const { cluster } = testServer({ default: {} }).server;

    cluster.emit('cache.clear');

    expect([cluster.state, cluster.peers]).toEqual(['alone', []]);
    expect(cluster.serverId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('has the name of this server, those of the others, and the state of the adapter', async () => {
    const { cluster, adapter } = await start();
    expect([cluster.serverId, cluster.peers, cluster.state]).toEqual([adapter.serverId, ['other'], 'up']);

    adapter.become('down');

    expect(cluster.state).toBe('down');
  });

  it('emits a text as it is, bytes as bytes, anything else as JSON, and refuses what cannot be sent', async () => {
    const { cluster, adapter } = await start();

    cluster.emit('a', 'text');
    cluster.emit('b', Uint8Array.of(1));
    cluster.emit('c', { n: 1 });

    expect(adapter.published.map((envelope) => envelope.kind === 'event' && envelope.content)).toEqual([
      { event: 'a', body: 'text', binary: false },
      { event: 'b', body: Uint8Array.of(1), binary: true },
      { event: 'c', body: '{"n":1}', binary: false, json: true },
    ]);
    expect(() => cluster.emit('d', 1n)).toThrow(/^BODY_NOT_SENDABLE/);
  });

  it('tells the listeners of an event, each as often as it listens, until it ends that', async () => {
    const { cluster, hear } = await start();
    const heard: ServerEvent[] = [];
    const listener = (event: ServerEvent): unknown => heard.push(event);
    const ends = [cluster.on('sum', listener), cluster.on('sum', listener)];

    hear('sum', '[1]');
    hear('other');
    expect(heard).toMatchObject([{ from: 'other', event: 'sum', body: '[1]' }, { body: '[1]' }]);
    expect(heard[0]?.json()).toEqual([1]);
    ends[0]?.();
    ends[0]?.();
    hear('sum');
    expect(heard).toHaveLength(3);
    ends[1]?.();
    hear('sum');

    expect(heard).toHaveLength(3);
  });

  it.each([
    ['throws', () => failing()],
    ['rejects with', async () => failing()],
  ])('logs what a listener %s, and tells the others all the same', async (_, listener) => {
    const { cluster, hear, log } = await start();
    let heard = 0;
    cluster.on('sum', listener);
    cluster.on('sum', () => heard++);

    hear('sum');
    await settle();

    expect(heard).toBe(1);
    expect(log.lines).toMatchObject([{ level: 'error', fields: { event: 'sum', from: 'other' } }]);
  });
});

function failing(): never {
  throw new Error('broken listener');
}
