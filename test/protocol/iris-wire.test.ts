import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Wire } from '../../src/ports/wire.js';
import { IRIS_PREFIXES, IrisWire, isEncodableEvent } from '../../src/protocol/iris-wire.js';
import type { Body, Frame, WireMessage } from '../../src/protocol/message.js';

const PREFIX = IRIS_PREFIXES.iris;
const wire: Wire = new IrisWire({ name: 'iris', prefix: PREFIX, maxEventBytes: 16 });
const binaryWire: Wire = new IrisWire({ name: 'iris', prefix: PREFIX, maxEventBytes: 16, binaryMessages: true });

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const messageOf = (fields: Partial<WireMessage>): WireMessage => ({
  wait: '',
  namespace: '',
  room: '',
  event: 'chat',
  isError: false,
  isNoOp: false,
  binary: false,
  body: '',
  ...fields,
});
const NOT_UTF8 = new Uint8Array([0xff, 0x3b, 0]);
const MARKED = { json: true } as const;

describe('IrisWire', () => {
  it('opens nothing, acknowledges nothing, and has no words for refusals', () => {
    expect([wire.hasHandshake, wire.hasProcedures, wire.tellsErrors, wire.marksJson]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    expect([wire.hello(), wire.welcome('id'), wire.acknowledge('$1'), wire.refusal('no')]).toEqual(['', '', '', '']);
    expect(wire.readHandshake('M')).toEqual({ kind: 'other' });
  });

  it.each<[string, Partial<WireMessage>, string]>([
    ['a text', { body: 'hi; there' }, 'chat;0;hi; there'],
    ['an empty text', { body: '' }, 'chat;0;'],
    ['a text that looks like a number', { body: '12' }, 'chat;0;12'],
    ['a whole number', { body: '-12', ...MARKED }, 'chat;1;-12'],
    ['true', { body: 'true', ...MARKED }, 'chat;2;true'],
    ['false', { body: 'false', ...MARKED }, 'chat;2;false'],
    ['another number', { body: '1.5', ...MARKED }, 'chat;4;1.5'],
    [
      'a number that 64 bits cannot hold',
      { body: '1000000000000000000000', ...MARKED },
      'chat;4;1000000000000000000000',
    ],
    ['an object', { body: '{"a":";"}', ...MARKED }, 'chat;4;{"a":";"}'],
    ['null', { body: 'null', ...MARKED }, 'chat;4;null'],
    ['nothing', { body: '', ...MARKED }, 'chat;0;'],
    ['bytes that are text', { body: bytes('hé'), binary: true }, 'chat;3;hé'],
  ])('writes %s', (_, fields, text) => {
    expect(wire.encode(messageOf(fields))).toBe(PREFIX + text);
  });

  it('writes bytes that no text can hold in a binary frame, and all else too with binaryMessages', () => {
    const frame = new Uint8Array([...bytes(`${PREFIX}chat;3;`), ...NOT_UTF8]);

    expect(wire.encode(messageOf({ body: NOT_UTF8, binary: true }))).toEqual(frame);
    expect(binaryWire.encode(messageOf({ body: NOT_UTF8, binary: true }))).toEqual(frame);
    expect(binaryWire.encode(messageOf({ body: bytes('a'), binary: true }))).toEqual(bytes(`${PREFIX}chat;3;a`));
    expect(binaryWire.encode(messageOf({ body: 'a' }))).toEqual(bytes(`${PREFIX}chat;0;a`));
    expect(wire.encode(messageOf({ body: 'a', binary: true }))).toEqual(bytes(`${PREFIX}chat;0;a`));
    expect(binaryWire.encode(messageOf({ event: '_OnNativeMessage', body: 'raw' }))).toEqual(bytes('raw'));
  });

  it('says nothing of namespaces, rooms and tokens', () => {
    const message = messageOf({ wait: '$1', namespace: 'n', room: 'r', body: 'a' });

    expect(wire.encode(message)).toBe(`${PREFIX}chat;0;a`);
  });

  it.each<[string, string, Partial<WireMessage>]>([
    ['a text', '0;hi; there', { body: 'hi; there' }],
    ['an empty text', '0;', { body: '' }],
    ['a whole number', '1;-12', { body: '-12', ...MARKED }],
    ['a number of a page', '1;1.5e-7', { body: '1.5e-7', ...MARKED }],
    ['true of a page, which calls it a number', '1;true', { body: 'true', ...MARKED }],
    ['false', '2;false', { body: 'false', ...MARKED }],
    ['an object', '4;{"a":";"}', { body: '{"a":";"}', ...MARKED }],
    ['bytes', '3;h;é', { body: bytes('h;é') }],
  ])('reads %s', (_, text, fields) => {
    const frame = { kind: 'message', message: messageOf(fields) };

    expect(wire.decode(`${PREFIX}chat;${text}`)).toEqual(frame);
    expect(wire.decode(bytes(`${PREFIX}chat;${text}`))).toEqual({
      ...frame,
      message: { ...frame.message, binary: true },
    });
  });

  it.each(['007', '1.50', ' 12 ', '0x10', 'Infinity', '1e999', '-0', '12345678901234567890', ''])(
    'reads %j, which pages call a number, as the text that it was',
    (text) => {
      expect(wire.decode(`${PREFIX}chat;1;${text}`)).toEqual({ kind: 'message', message: messageOf({ body: text }) });
    },
  );

  it('reads what is no truth value as the text that it is', () => {
    expect(wire.decode(`${PREFIX}chat;2;yes`)).toEqual({ kind: 'message', message: messageOf({ body: 'yes' }) });
  });

  it('reads bytes that are no text', () => {
    const frame = new Uint8Array([...bytes(`${PREFIX}chat;3;`), ...NOT_UTF8]);

    expect(wire.decode(frame)).toEqual({ kind: 'message', message: messageOf({ body: NOT_UTF8, binary: true }) });
  });

  it('reads what begins otherwise as a raw message', () => {
    for (const raw of ['M', ';;;chat;0;0;', ` ${PREFIX}chat;0;`, PREFIX.slice(0, -1), PREFIX.toUpperCase()]) {
      expect(wire.decode(raw)).toEqual({ kind: 'native', body: raw });
      expect(wire.decode(bytes(raw))).toEqual({ kind: 'native', body: bytes(raw) });
    }
    expect(wire.decode('')).toEqual({ kind: 'empty' });
    expect(wire.decode(new Uint8Array())).toEqual({ kind: 'empty' });
  });

  it.each([
    '',
    'chat',
    'chat;',
    'chat;0',
    'chat;01;x',
    'chat;5;x',
    'chat;a;x',
    'chat;;x',
    ';0;x',
    'a;b;0;x',
    `${'e'.repeat(17)};0;x`,
  ])('finds %j behind the prefix malformed', (text) => {
    expect(wire.decode(PREFIX + text).kind).toBe('malformed');
    expect(wire.decode(bytes(PREFIX + text)).kind).toBe('malformed');
  });

  it('finds a name or a text that is not UTF-8 malformed', () => {
    expect(wire.decode(new Uint8Array([...bytes(`${PREFIX}a`), 0xff, ...bytes(';0;x')])).kind).toBe('malformed');
    expect(wire.decode(new Uint8Array([...bytes(`${PREFIX}a;0;`), 0xff])).kind).toBe('malformed');
    expect(wire.decode(new Uint8Array([...bytes(`${PREFIX}a`), 0xff])).kind).toBe('malformed');
  });

  it.each(['', 'a;b'])('refuses to write an event named %j', (event) => {
    expect(isEncodableEvent(event)).toBe(false);
    expect(() => wire.encode(messageOf({ event }))).toThrow(
      `MESSAGE_NOT_ENCODABLE: ${JSON.stringify(event)} cannot be written in the wire "iris": ` +
        'the name of an event may not be empty, and may not hold ";".',
    );
  });

  it('refuses to write a raw message that a page would take for an event', () => {
    const raw = (body: Body) =>
      wire.encode(messageOf({ event: '_OnNativeMessage', body, binary: typeof body !== 'string' }));

    for (const text of [`${PREFIX}admin;0;x`, `she said ${PREFIX}admin;0;x`]) {
      expect(() => raw(text)).toThrow(`a raw message may not hold "${PREFIX}"`);
    }
    expect(() => raw(bytes(`${PREFIX}admin;0;x`))).toThrow('MESSAGE_NOT_ENCODABLE');
    expect(raw(PREFIX.slice(1))).toBe(PREFIX.slice(1));
  });

  it('lets the value of an event hold anything, another event included', () => {
    const body = `${PREFIX}admin;0;x`;
    const frame = wire.encode(messageOf({ body }));

    expect(wire.decode(frame)).toEqual({ kind: 'message', message: messageOf({ body }) });
  });

  it('reads whatever comes without a throw, and as one of four kinds', () => {
    const nearly = fc.tuple(fc.string({ maxLength: 3 }), fc.nat(6), fc.string()).map((fields) => fields.join(';'));
    const tail = fc.oneof(fc.string({ unit: 'binary' }), nearly);
    const kinds = new Set<Frame['kind']>();
    fc.assert(
      fc.property(fc.boolean(), tail, fc.uint8Array(), (hasPrefix, text, raw) => {
        const start = hasPrefix ? PREFIX : '';
        for (const data of [start + text, bytes(start + text), new Uint8Array([...bytes(start + text), ...raw])]) {
          kinds.add(wire.decode(data).kind);
        }
      }),
      { numRuns: 2_000 },
    );

    expect([...kinds].sort()).toEqual(['empty', 'malformed', 'message', 'native']);
  });

  it('brings back every value as it was', () => {
    const event = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 4 })
      .filter((name) => !name.includes(';') && !name.startsWith('_On') && bytes(name).length <= 16);
    const text = fc.string({ unit: 'grapheme' }).map((body) => ({ body }));
    const json = fc.jsonValue().map((value) => ({ body: JSON.stringify(value), ...MARKED }));
    // JSON's own texts are sent as texts.
    const values = json.filter(({ body }) => !body.startsWith('"'));
    const binary = fc.uint8Array().map((body) => ({ body }));
    fc.assert(
      fc.property(event, fc.oneof(text, values, binary), fc.constantFrom(wire, binaryWire), (name, value, one) => {
        const sent = messageOf({ event: name, binary: typeof value.body !== 'string', ...value });
        const frame = one.decode(one.encode(sent));
        const read = frame.kind === 'message' ? frame.message : undefined;
        expect([read?.event, read?.body, read?.json]).toEqual([name, sent.body, sent.json]);
      }),
      { numRuns: 1_000 },
    );
  });
});
