import { describe, expect, it } from 'vitest';
import { MemoryBus, memoryAdapter } from '../../src/adapters/memory/memory-adapter.js';
import type { Envelope } from '../../src/ports/adapter.js';
import { everybodyIn } from '../../src/server/live-broadcast-target.js';
import { adapterContract } from '../contract/adapter.contract.js';
import { RecordingHost } from '../support/adapter-host.js';

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

const inDefault = [{ kind: 'namespace', namespace: 'default' }] as const;

describe('memoryAdapter', () => {
  it('delivers within the turn of the publisher', async () => {
    const bus = new MemoryBus();
    const [a, b] = [memoryAdapter(bus), memoryAdapter(bus)];
    const [hostA, hostB] = [new RecordingHost('a'), new RecordingHost('b')];
    await a.start(hostA);
    await b.start(hostB);
    await b.subscribe(inDefault);

    void a.publish(broadcast);

    expect(hostB.received).toEqual([broadcast]);
  });

  it('reaches nobody on another bus, and has no peers before it has started', async () => {
    const [a, b] = [memoryAdapter(new MemoryBus()), memoryAdapter(new MemoryBus())];
    const [hostA, hostB] = [new RecordingHost('a'), new RecordingHost('b')];
    expect(a.peers()).toEqual([]);
    await a.start(hostA);
    await b.start(hostB);
    await b.subscribe(inDefault);

    void a.publish(broadcast);

    expect(hostB.received).toEqual([]);
    expect(a.peers()).toEqual([]);
  });

  it('keeps the order of one server, whatever the others publish when they are delivered to', async () => {
    const bus = new MemoryBus();
    const [a, b, c] = [memoryAdapter(bus), memoryAdapter(bus), memoryAdapter(bus)];
    const eventOf = (from: string, body: string): Envelope => ({
      ...{ kind: 'event', from },
      content: { event: 'e', body, binary: false },
    });
    const hostC = new RecordingHost('c');
    await a.start(Object.assign(new RecordingHost('a'), { deliver: () => void a.publish(eventOf('a', '2')) }));
    await b.start(
      Object.assign(new RecordingHost('b'), {
        deliver: ({ kind, content }: Extract<Envelope, { kind: 'event' }>) => {
          if (kind === 'event' && content.body === '1') void b.publish(eventOf('b', 'heard'));
        },
      }),
    );
    await c.start(hostC);

    void a.publish(eventOf('a', '1'));

    expect(hostC.received).toEqual([eventOf('a', '1'), eventOf('b', 'heard'), eventOf('a', '2')]);
  });

  it('goes on delivering after a host has thrown, which it must not', async () => {
    const bus = new MemoryBus();
    const [a, b] = [memoryAdapter(bus), memoryAdapter(bus)];
    let heard = 0;
    const deliver = (): void => {
      heard += 1;
      throw new Error('must not');
    };
    await a.start(new RecordingHost('a'));
    await b.start(Object.assign(new RecordingHost('b'), { deliver }));
    await b.subscribe(inDefault);

    expect(() => a.publish(broadcast)).toThrow('must not');
    expect(() => a.publish(broadcast)).toThrow('must not');

    expect(heard).toBe(2);
  });

  it('delivers nothing to a server that is stopped by what another one does on the way', async () => {
    const bus = new MemoryBus();
    const [a, b, c] = [memoryAdapter(bus), memoryAdapter(bus), memoryAdapter(bus)];
    const hostC = new RecordingHost('c');
    const stopsC = Object.assign(new RecordingHost('b'), { deliver: () => void c.stop() });
    await a.start(new RecordingHost('a'));
    await b.start(stopsC);
    await c.start(hostC);
    for (const adapter of [b, c]) await adapter.subscribe(inDefault);

    void a.publish(broadcast);

    expect(hostC.received).toEqual([]);
  });
});
