import type { NefeliOptions } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

const namespaces: NonNullable<NefeliOptions['namespaces']> = {
  '': {
    _OnNativeMessage(_, ns) {
      const buffer = Buffer.alloc(2);
      for (const byte of [1, 2, 3]) ns.conn.emitNative(buffer.fill(byte));
      buffer.fill(9);
    },
  },
};

describe('bytes that are sent raw', () => {
  it.each<[string, NefeliOptions]>([
    ['beside those of neffos', { namespaces }],
    ['by themselves', { namespaces, native: 'only' }],
  ])('arrive as they were when they were sent, %s, whatever is written over them later', async (_, options) => {
    const app = await startNefeli(options);
    const client = options.native ? await RawClient.open(app) : await RawClient.join(app, '');

    client.send('go');

    const frames = [await client.next(), await client.next(), await client.next()];
    expect(frames.map((frame) => [...Buffer.from(frame)])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });
});
