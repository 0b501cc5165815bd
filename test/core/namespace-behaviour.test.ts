import { describe, expect, it } from 'vitest';
import { agreedBehaviour } from '../../src/core/namespace-behaviour.js';
import type { NamespaceBehaviour } from '../../src/ports/namespace-options.js';

const said = (owner: string, behaviour?: NamespaceBehaviour) => ({ owner, behaviour });

describe('agreedBehaviour', () => {
  it('puts together what all say, and says nothing where nobody does', () => {
    const all = [
      said('A', { concurrency: 'parallel' }),
      said('B'),
      said('C', { concurrency: 'parallel', readTimeoutMs: 5 }),
      said('D', { writeTimeoutMs: 6, handlerTimeoutMs: 7 }),
    ];

    expect(agreedBehaviour('chat', all)).toEqual({
      concurrency: 'parallel',
      readTimeoutMs: 5,
      writeTimeoutMs: 6,
      handlerTimeoutMs: 7,
    });
    expect(agreedBehaviour('chat', [said('A', {}), said('B')])).toEqual({});
  });

  it.each([
    ['concurrency', { concurrency: 'parallel' }, { concurrency: 1 }, '"parallel" for A and 1 for C'],
    ['concurrency', { concurrency: 1 }, { concurrency: 'serial' }, '1 for A and "serial" for C'],
    ['readTimeoutMs', { readTimeoutMs: 5 }, { readTimeoutMs: 6 }, '5 for A and 6 for C'],
    ['writeTimeoutMs', { writeTimeoutMs: 5 }, { writeTimeoutMs: 6 }, '5 for A and 6 for C'],
    ['handlerTimeoutMs', { handlerTimeoutMs: 5 }, { handlerTimeoutMs: 6 }, '5 for A and 6 for C'],
  ] as const)(
    'throws NAMESPACE_CONFLICT with both origins where two disagree on %s',
    (option, first, second, values) => {
      expect(() => agreedBehaviour('chat', [said('A', first), said('B', {}), said('C', second)])).toThrow(
        `NAMESPACE_CONFLICT: those who serve the namespace "chat" disagree on ${option}: it is ${values}. Say the same`,
      );
    },
  );

  it.each([
    ['concurrency', 'sideways', `"sideways", but must be 'serial', 'parallel', or a whole number above 0`],
    ['concurrency', 0, '0, but must be'],
    ['concurrency', 1.5, '1.5, but must be'],
    ['concurrency', Number.POSITIVE_INFINITY, 'Infinity, but must be'],
    ['readTimeoutMs', 0, '0, but must be a number of milliseconds above 0, and 2147483647 at most'],
    ['writeTimeoutMs', '5', '"5", but must be a number of milliseconds'],
    ['handlerTimeoutMs', 2 ** 31, '2147483648, but must be a number of milliseconds'],
  ])('throws OPTION_INVALID for %s: %j, and says of whom', (option, value, message) => {
    expect(() => agreedBehaviour('chat', [said('ChatController', { [option]: value })])).toThrow(
      `OPTION_INVALID: the option ${option} of ChatController is ${message}`,
    );
  });
});
