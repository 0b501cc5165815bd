import { describe, expect, it } from 'vitest';
import { parseJson, toPayload, WrittenJson } from '../../src/core/body.js';

describe('toPayload', () => {
  it.each([
    ['undefined', undefined, ''],
    ['null', null, 'null'],
    ['a number', 1.5, '1.5'],
    ['an array', [1, 'a'], '[1,"a"]'],
    ['a Date', new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ['what was written before', new WrittenJson('{"a":1}'), '{"a":1}'],
  ])('sends %s as text that is marked as JSON', (_, value, body) => {
    expect(toPayload(value)).toEqual({ body, binary: false, json: true });
  });

  it.each(['text', '', '{"a":1}'])('sends the string %j as it is, unmarked', (value) => {
    expect(toPayload(value)).toEqual({ body: value, binary: false });
  });

  it.each([
    ['a Uint8Array', new Uint8Array([1, 2])],
    ['a Buffer', Buffer.from([1, 2])],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer],
    ['a view of a part', new DataView(new Uint8Array([0, 1, 2, 3]).buffer, 1, 2)],
  ])('sends the bytes of %s as they are', (_, value) => {
    const { body, binary } = toPayload(value);

    expect([binary, [...body]]).toEqual([true, [1, 2]]);
  });

  it.each([
    ['a function', () => {}, 'function'],
    ['a symbol', Symbol('s'), 'symbol'],
    ['a bigint', 1n, 'bigint ('],
    ['what throws no error', { toJSON: () => Promise.reject.call(undefined) }, 'object ('],
  ])('throws BODY_NOT_SENDABLE for %s, and names its type', (_, value, type) => {
    expect(() => toPayload(value)).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_SENDABLE', message: expect.stringContaining(`of type ${type}`) }),
    );
  });
});

describe('parseJson', () => {
  it('reads text and bytes', () => {
    expect(parseJson('e', '{"a":1}')).toEqual({ a: 1 });
    expect(parseJson('e', new TextEncoder().encode('"ü"'))).toBe('ü');
  });

  it.each(['', '{', 'undefined'])('throws BODY_NOT_JSON with the name of the event for %j', (body) => {
    expect(() => parseJson('chat', body)).toThrow(
      expect.objectContaining({ code: 'BODY_NOT_JSON', details: { event: 'chat', reason: expect.any(String) } }),
    );
  });
});

describe('parseJson, of what would change prototypes', () => {
  it.each(['{"__proto__":{"admin":true}}', '[{"a":{"\\u005f_proto__":1}}]'])('refuses %s', (text) => {
    expect(() => parseJson('chat', text)).toThrow(/BODY_NOT_JSON.*"__proto__" is not allowed/);
  });

  it('takes the word where it is no key', () => {
    expect(parseJson('chat', '["__proto__","\\u00e9"]')).toEqual(['__proto__', 'é']);
  });
});
