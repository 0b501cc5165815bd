import { describe, expect, it } from 'vitest';
import { PartsJoiner, toParts } from '../../../src/adapters/nats/parts.js';

const bytesOf = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index % 251);

describe('toParts', () => {
  it('cuts into parts that fit with their header, none of them empty', () => {
    for (const length of [1_000, 1_001, 5_000]) {
      const parts = toParts('id', bytesOf(length), 1_000);

      expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.from(bytesOf(length)));
      for (const { header, bytes } of parts) {
        expect(bytes.length).toBeGreaterThan(0);
        // @source NATS counts `NATS/1.0`, the name of the header and its line ends, too.
        expect(bytes.length + header.length + 'NATS/1.0\r\nNefeli-Part: \r\n\r\n'.length).toBeLessThanOrEqual(1_000);
      }
    }
  });
});

describe('PartsJoiner', () => {
  it('gives the packet with its last part, and keeps nothing of it', () => {
    const joiner = new PartsJoiner();
    const parts = toParts('id', bytesOf(5_000), 1_000);

    const given = parts.map((part) => joiner.take('channel', part));

    expect(given.slice(0, -1)).toEqual(parts.slice(1).map(() => undefined));
    expect(given.at(-1)).toEqual(Buffer.from(bytesOf(5_000)));
    expect(joiner.waitingBytes).toBe(0);
  });

  it('tells apart packets of several senders, and of several channels', () => {
    const joiner = new PartsJoiner();
    const [a1, a2] = toParts('a', bytesOf(1_500), 1_000);
    const [b1, b2] = toParts('b', bytesOf(1_400), 1_000);
    if (!a1 || !a2 || !b1 || !b2) throw new Error('two parts each');

    for (const part of [a1, b1]) joiner.take('x', part);
    joiner.take('y', a1);

    expect(joiner.take('x', b2)).toHaveLength(1_400);
    expect(joiner.take('x', a2)).toHaveLength(1_500);
    expect(joiner.take('y', a2)).toHaveLength(1_500);
  });

  it('does not keep the bytes that it is given: they are the buffer of a socket', () => {
    const joiner = new PartsJoiner();
    const buffer = bytesOf(4);
    joiner.take('x', { header: 'id 0 2', bytes: buffer });
    buffer.fill(0);

    expect([...(joiner.take('x', { header: 'id 1 2', bytes: Uint8Array.of(9) }) ?? [])]).toEqual([0, 1, 2, 3, 9]);
  });

  it('gives nothing of a packet whose first parts were not heard, or that has a gap', () => {
    const joiner = new PartsJoiner();
    const bytes = bytesOf(1);

    for (const header of ['late 1 3', 'late 2 3', 'gap 0 3', 'gap 2 3', 'gap 1 3']) {
      expect(joiner.take('x', { header, bytes })).toBeUndefined();
    }
    expect(joiner.waitingBytes).toBe(0);
  });

  it.each([
    '',
    'id',
    'id 0',
    'id 1 1',
    'id 0 0',
    'id -1 2',
    'id 0 99999',
    'id 0 2 x',
    'a b 0 2',
    `${'x'.repeat(65)} 0 2`,
  ])('gives the bytes as they are when the header is "%s"', (header) => {
    const bytes = bytesOf(3);

    expect(new PartsJoiner().take('x', { header, bytes })).toBe(bytes);
  });

  it('keeps 64 packets at most: the oldest gives way', () => {
    const joiner = new PartsJoiner();
    const first = (id: number): void => {
      joiner.take('x', { header: `${id} 0 2`, bytes: bytesOf(10) });
    };
    for (let id = 0; id < 65; id += 1) first(id);

    expect(joiner.waitingBytes).toBe(640);
    expect(joiner.take('x', { header: '0 1 2', bytes: bytesOf(1) })).toBeUndefined();
    expect(joiner.take('x', { header: '64 1 2', bytes: bytesOf(1) })).toHaveLength(11);
  });

  it('keeps 64 MiB at most', () => {
    const joiner = new PartsJoiner();
    const bytes = new Uint8Array(16 * 1024 * 1024);
    for (let id = 0; id < 5; id += 1) joiner.take('x', { header: `${id} 0 2`, bytes });

    expect(joiner.waitingBytes).toBe(4 * bytes.length);
  });
});
