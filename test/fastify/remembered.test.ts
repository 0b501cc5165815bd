import { describe, expect, it } from 'vitest';
import { remembered } from '../../src/fastify/remembered.js';

function counted() {
  const asked: string[] = [];
  const lengthOf = remembered((text) => {
    asked.push(text);
    return text === '' ? undefined : text.length;
  });
  return { asked, lengthOf };
}

describe('remembered', () => {
  it('makes of each text once what the function makes, nothing included', () => {
    const { asked, lengthOf } = counted();

    expect(['ab', '', 'ab', ''].map(lengthOf)).toEqual([2, undefined, 2, undefined]);
    expect(asked).toEqual(['ab', '']);
  });

  it('remembers 256 texts at most, and then begins anew', () => {
    const { asked, lengthOf } = counted();
    for (let index = 0; index < 256; index++) lengthOf(String(index));
    lengthOf('0');
    expect(asked).toHaveLength(256);

    lengthOf('one more');
    lengthOf('0');

    expect(asked.slice(256)).toEqual(['one more', '0']);
  });

  it('does not remember texts of more than 256 characters', () => {
    const { asked, lengthOf } = counted();

    for (const length of [256, 256, 257, 257]) lengthOf('x'.repeat(length));

    expect(asked.map(({ length }) => length)).toEqual([256, 257, 257]);
  });
});
