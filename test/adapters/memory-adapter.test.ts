import { describe, expect, it } from 'vitest';
import { MemoryBus, memoryAdapter } from '../../src/adapters/memory/memory-adapter.js';
import type { Envelope } from '../../src/ports/adapter.js';
import { everybodyIn } from '../../src/server/live-broadcast-target.js';
import { adapterContract } from '../contract/adapter.contract.js';

adapterContract({
  name: 'memoryAdapter',
  create: async () => {
    const bus = new MemoryBus();
    return { adapters: [memoryAdapter(bus), memoryAdapter(bus), memoryAdapter(bus)], dispose: async () => {} };
  },
});

const broadcast: Envelope = {
  kind: 'broadcast',
  from: 'a',
  target: everybodyIn('default'),
  content: { event: 'e', body: '', binary: false },
};

describe('memoryAdapter', () => {
  it('delivers within the turn of the publisher', async () => {
    const bus = new MemoryBus();
    const [a, b] = [memoryAdapter(bus), memoryAdapter(bus)];
    const received: Envelope[] = [];
    await a.start('a', () => {});
    await b.start('b', (envelope) => received.push(envelope));
    await b.subscribe('default');

    void a.publish(broadcast);

    expect(received).toEqual([broadcast]);
  });

  it('reaches nobody on another bus, and has no peers before it has started', async () => {
    const [a, b] = [memoryAdapter(new MemoryBus()), memoryAdapter(new MemoryBus())];
    const received: Envelope[] = [];
    expect(a.countPeers()).toBe(0);
    void a.publish(broadcast);
    await a.start('a', () => {});
    await b.start('b', (envelope) => received.push(envelope));
    await b.subscribe('default');

    void a.publish(broadcast);

    expect(received).toEqual([]);
    expect(a.countPeers()).toBe(0);
  });

  it('delivers nothing to a server that is stopped by what another one does on the way', async () => {
    const bus = new MemoryBus();
    const [a, b, c] = [memoryAdapter(bus), memoryAdapter(bus), memoryAdapter(bus)];
    const received: Envelope[] = [];
    await a.start('a', () => {});
    await b.start('b', () => void c.stop());
    await c.start('c', (envelope) => received.push(envelope));
    for (const adapter of [b, c]) await adapter.subscribe('default');

    void a.publish(broadcast);

    expect(received).toEqual([]);
  });
});
