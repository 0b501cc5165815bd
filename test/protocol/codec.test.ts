import { describe, expect, it } from 'vitest';
import {
  byteLength,
  type DecodeOptions,
  decodeFrame,
  encodeAcknowledgement,
  encodeMessage,
  isLonger,
} from '../../src/protocol/codec.js';
import { escapeName, isEncodableName, unescapeName } from '../../src/protocol/escaped-name.js';
import { DEFAULT_NAME_LIMITS } from '../../src/protocol/limits.js';
import type { Frame, WireMessage } from '../../src/protocol/message.js';

const ESCAPED = '@%!semicolon@%!';
const NATIVE_ALLOWED: DecodeOptions = { ...DEFAULT_NAME_LIMITS, allowNative: true };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const messageOf = (fields: Partial<WireMessage>): WireMessage => ({
  wait: '',
  namespace: '',
  room: '',
  event: '',
  isError: false,
  isNoOp: false,
  binary: false,
  body: '',
  ...fields,
});
const decoded = (fields: Partial<WireMessage>): Frame => ({ kind: 'message', message: messageOf(fields) });

/** Frames that neffos's own tests assert, with what they say. */
const VECTORS: readonly (readonly [frame: string, message: Partial<WireMessage>])[] = [
  [
    '0;default;room1;_OnNamespaceConnect;0;0;',
    { wait: '0', namespace: 'default', room: 'room1', event: '_OnNamespaceConnect' },
  ],
  [
    ';default;;_OnNamespaceConnect;0;0;some id',
    { namespace: 'default', event: '_OnNamespaceConnect', body: 'some id' },
  ],
  [';default;;_OnNamespaceDisconnect;0;0;', { namespace: 'default', event: '_OnNamespaceDisconnect' }],
  [';default;;chat;0;0;text', { namespace: 'default', event: 'chat', body: 'text' }],
  [';default;;chat;1;0;error message', { namespace: 'default', event: 'chat', isError: true, body: 'error message' }],
  [
    ';default;;chat;0;0;a body with many ; delimeters; like that;',
    { namespace: 'default', event: 'chat', body: 'a body with many ; delimeters; like that;' },
  ],
  [
    ';;;chat;1;0;an error message with many ; delimeters; like that;',
    { event: 'chat', isError: true, body: 'an error message with many ; delimeters; like that;' },
  ],
  ['1;default;;chat;0;1;body', { wait: '1', namespace: 'default', event: 'chat', isNoOp: true, body: 'body' }],
  [
    `;contains${ESCAPED}semi;${ESCAPED}this${ESCAPED}for sure${ESCAPED};thatdoesnot;0;0;`,
    { namespace: 'contains;semi', room: ';this;for sure;', event: 'thatdoesnot' },
  ],
];

describe('decodeFrame', () => {
  it.each(VECTORS)('reads the text frame %s', (frame, message) => {
    expect(decodeFrame(frame)).toEqual(decoded(message));
  });

  it.each(VECTORS)('reads the binary frame %s, its body as bytes and its error text as text', (frame, message) => {
    const body = message.isError ? (message.body ?? '') : bytes(String(message.body ?? ''));

    expect(decodeFrame(bytes(frame))).toEqual(decoded({ ...message, binary: true, body }));
  });

  it('gives empty for a frame of no characters and for one of no bytes', () => {
    expect(decodeFrame('')).toEqual({ kind: 'empty' });
    expect(decodeFrame(new Uint8Array())).toEqual({ kind: 'empty' });
  });

  it.each(['M', 'hello', 'default;chat;', '\0', '\r\n', ';', ';;', ';;;', ';;;;', ';;;;;', '$33;default;;reply;0;0'])(
    'gives malformed for %j, which has fewer than six separators, in text and binary frames',
    (frame) => {
      const malformed = { kind: 'malformed', reason: 'fewer than six separators' };

      expect(decodeFrame(frame)).toEqual(malformed);
      expect(decodeFrame(bytes(frame))).toEqual(malformed);
    },
  );

  it('gives native for fewer than six separators where allowNative', () => {
    const raw = bytes('a;b;c');

    expect(decodeFrame('a;b;c', NATIVE_ALLOWED)).toEqual({ kind: 'native', body: 'a;b;c' });
    expect(decodeFrame(raw, NATIVE_ALLOWED)).toEqual({ kind: 'native', body: raw });
  });

  it('gives a message for six separators even where allowNative', () => {
    expect(decodeFrame('a;b;c;d;e;f;g', NATIVE_ALLOWED).kind).toBe('message');
  });

  it('takes everything after the sixth separator as the body, further separators and line ends too', () => {
    expect(decodeFrame(';;;;;;;')).toEqual(decoded({ body: ';' }));
    expect(decodeFrame(';;;e;0;0;a;b\r\nc\0;')).toEqual(decoded({ event: 'e', body: 'a;b\r\nc\0;' }));
  });

  it('reads 1 MiB of separators as one message of empty names', () => {
    const size = 1024 * 1024;

    expect(decodeFrame(';'.repeat(size))).toEqual(decoded({ body: ';'.repeat(size - 6) }));
  });

  it.each(['', '2', '01', 'true', ' 1', '1 ', '11', 'x'])('reads %j in place of a flag as false', (flag) => {
    expect(decodeFrame(`;n;;e;${flag};${flag};b`)).toEqual(decoded({ namespace: 'n', event: 'e', body: 'b' }));
  });

  it('does not unescape the wait token or the body', () => {
    expect(decodeFrame(`${ESCAPED};n;;e;0;0;${ESCAPED}`)).toEqual(
      decoded({ wait: ESCAPED, namespace: 'n', event: 'e', body: ESCAPED }),
    );
  });

  it('reads the acknowledgement as a message of empty fields', () => {
    expect(decodeFrame('$1;;;;;;')).toEqual(decoded({ wait: '$1' }));
  });

  it.each([
    ['an invalid byte', [0xff]],
    ['an overlong semicolon', [0xc0, 0xbb]],
    ['a surrogate half', [0xed, 0xa0, 0x80]],
    ['a cut-off character', [0xe2, 0x82]],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ])('gives malformed for %s in the header of a binary frame', (_, invalid) => {
    const frame = new Uint8Array([...bytes(';default'), ...invalid, ...bytes(';;chat;0;0;')]);

    expect(decodeFrame(frame)).toEqual({ kind: 'malformed', reason: 'the header of a binary frame is not UTF-8' });
  });

  it('leaves invalid UTF-8 in the body of a binary frame as it is', () => {
    const body = new Uint8Array([0xff, 0x00, 0x3b, 0xc0]);

    expect(decodeFrame(new Uint8Array([...bytes(';n;;e;0;0;'), ...body]))).toEqual(
      decoded({ namespace: 'n', event: 'e', binary: true, body }),
    );
  });

  it('gives the body of a binary frame as a view, not as a copy', () => {
    const frame = bytes(';n;;e;0;0;body');
    const read = decodeFrame(frame);

    expect(read.kind === 'message' && typeof read.message.body !== 'string' && read.message.body.buffer).toBe(
      frame.buffer,
    );
  });

  it('keeps a byte order mark at the start of a name and of an error text', () => {
    expect(decodeFrame(bytes('\uFEFFt;\uFEFFn;;e;1;0;\uFEFFtext'))).toEqual(
      decoded({ wait: '\uFEFFt', namespace: '\uFEFFn', event: 'e', isError: true, binary: true, body: '\uFEFFtext' }),
    );
  });

  describe('with names of a limited length', () => {
    const frameWith = (place: string, name: string): string => {
      const at = (here: string): string => (here === place ? name : '');
      return `${at('wait')};${at('namespace')};${at('room')};${at('event')};0;0;`;
    };
    const tooLong = { kind: 'malformed', reason: 'a name that is longer than its limit' };

    it.each([
      ['wait', 64],
      ['namespace', 128],
      ['room', 256],
      ['event', 128],
    ])('takes a %s of %i bytes and refuses one more', (place, maxBytes) => {
      const multibyte = `${'€'.repeat((maxBytes - (maxBytes % 3)) / 3)}${'a'.repeat(maxBytes % 3)}`;
      for (const fitting of ['a'.repeat(maxBytes), multibyte]) {
        expect(decodeFrame(frameWith(place, fitting))).toEqual(decoded({ [place]: fitting }));
        expect(decodeFrame(frameWith(place, `${fitting}a`))).toEqual(tooLong);
        expect(decodeFrame(bytes(frameWith(place, `${fitting}a`)))).toEqual(tooLong);
      }
    });

    it('measures a name as it is meant, not as it is escaped', () => {
      const room = ';'.repeat(256);

      expect(decodeFrame(frameWith('room', escapeName(room)))).toEqual(decoded({ room }));
    });

    it('refuses a wait token of 1 MiB', () => {
      expect(decodeFrame(frameWith('wait', 'a'.repeat(1024 * 1024)))).toEqual(tooLong);
    });

    it('obeys the limits that are given', () => {
      const options = { ...NATIVE_ALLOWED, maxEventBytes: 3 };

      expect(decodeFrame(';;;abc;0;0;', options)).toEqual(decoded({ event: 'abc' }));
      expect(decodeFrame(';;;abcd;0;0;', options)).toEqual(tooLong);
    });
  });
});

describe('encodeMessage', () => {
  it.each(VECTORS)('writes the text frame %s', (frame, message) => {
    expect(encodeMessage(messageOf(message))).toBe(frame);
  });

  it.each(VECTORS)('writes the binary frame %s from a text body and from bytes', (frame, message) => {
    const { body = '' } = message;

    expect(encodeMessage(messageOf({ ...message, binary: true }))).toEqual(bytes(frame));
    expect(encodeMessage(messageOf({ ...message, binary: true, body: bytes(String(body)) }))).toEqual(bytes(frame));
  });

  it('writes a body of bytes into a text frame as the text it holds, a byte order mark included', () => {
    expect(encodeMessage(messageOf({ event: 'e', body: bytes('\uFEFFgrüße') }))).toBe(';;;e;0;0;\uFEFFgrüße');
  });

  it('escapes semicolons in namespace, room and event, and nowhere else', () => {
    const message = messageOf({ wait: '$1', namespace: 'a;', room: ';b', event: 'c;d', body: ';e;' });

    expect(encodeMessage(message)).toBe(`$1;a${ESCAPED};${ESCAPED}b;c${ESCAPED}d;0;0;;e;`);
  });
});

describe('encodeAcknowledgement', () => {
  it('writes the token and six separators', () => {
    expect(encodeAcknowledgement('$1')).toBe('$1;;;;;;');
  });
});

describe('escapeName and unescapeName', () => {
  it.each([
    ['', ''],
    [';', ESCAPED],
    ['se;mi', `se${ESCAPED}mi`],
    [';;', ESCAPED + ESCAPED],
    ['@%!semi;colon@%!', `@%!semi${ESCAPED}colon@%!`],
    ['a@b', 'a@b'],
  ])('turn %j into %j and back', (name, escaped) => {
    expect(escapeName(name)).toBe(escaped);
    expect(unescapeName(escaped)).toBe(name);
  });
});

describe('isEncodableName', () => {
  it.each(['', ';', 'a@b.c', '@%!', '@%!semi;colon@%!', '😀', '__proto__'])('says yes to %j', (name) => {
    expect(isEncodableName(name)).toBe(true);
  });

  it.each([ESCAPED, `a${ESCAPED}b`, `;${ESCAPED}`])('says no to %j, which would come back as a semicolon', (name) => {
    expect(isEncodableName(name)).toBe(false);
  });

  it('says no to a name that holds the escape only after it has been escaped', () => {
    expect(isEncodableName('@%!semicolon;')).toBe(false);
  });

  it.each(['\uD83D', 'a\uDE00b', '\uDE00\uD83D', '@\uD83D'])(
    'says no to %j, half of a character, which would come back as U+FFFD',
    (name) => {
      expect(isEncodableName(name)).toBe(false);
    },
  );
});

describe('isLonger', () => {
  it.each([
    ['', 0, false],
    ['a', 0, true],
    ['aaa', 3, false],
    ['aaaa', 3, true],
    ['€', 3, false],
    ['€', 2, true],
    ['😀', 4, false],
    ['😀', 3, true],
    ['a€', 4, false],
    ['aa€', 4, true],
  ])('measures %j against %i bytes of UTF-8: %s', (text, maxBytes, expected) => {
    expect(isLonger(text, maxBytes)).toBe(expected);
  });
});

describe('byteLength', () => {
  it('counts the bytes of UTF-8', () => {
    expect(byteLength('aß€😀')).toBe(1 + 2 + 3 + 4);
  });
});

describe('bodies that are marked as JSON', () => {
  const frame = '$1;n;r;e;0;j;{"a":";"}';
  const message = messageOf({ wait: '$1', namespace: 'n', room: 'r', event: 'e', body: '{"a":";"}', json: true });

  it('are written and read with the mark in the place of isNoOp, in text and binary frames', () => {
    const binary = { ...message, binary: true, body: bytes('{"a":";"}') };

    expect([encodeMessage(message), encodeMessage(binary)]).toEqual([frame, bytes(frame)]);
    expect(decodeFrame(frame)).toEqual({ kind: 'message', message });
    expect(decodeFrame(bytes(frame))).toEqual({ kind: 'message', message: binary });
  });

  it('are never errors, plain or rich: their bodies are read in another way', () => {
    const error = { ...message, isError: true, body: 'no' };

    expect(encodeMessage(error)).toBe('$1;n;r;e;1;0;no');
    expect(encodeMessage({ ...error, facts: { code: 'NO', data: 1 } })).toBe(
      '$1;n;r;e;2;0;{"text":"no","code":"NO","data":1}',
    );
    for (const data of [';;;e;1;j;no', bytes(';;;e;1;j;no')]) {
      const { kind, ...rest } = decodeFrame(data);
      expect([kind, Object.keys(rest)]).toEqual(['message', ['message']]);
      expect(rest).toMatchObject({ message: { isError: true, body: 'no' } });
      expect(rest).toHaveProperty('message.json', undefined);
    }
  });

  it('are never those of a no-op', () => {
    expect(encodeMessage({ ...message, isNoOp: true })).toBe('$1;n;r;e;0;1;{"a":";"}');
  });

  it.each(['0', '1', 'J', 'jj', '', 'true'])('are not those with %j in that place', (flag) => {
    expect(decodeFrame(`;;;e;0;${flag};1`)).toHaveProperty('message.json', undefined);
  });
});

describe('rich errors', () => {
  const RICH: DecodeOptions = { ...DEFAULT_NAME_LIMITS, allowNative: false, richFrames: true };
  const facts = { code: 'SOLD_OUT', data: { left: 0 } };
  const frame = '$1;n;r;e;2;0;{"text":"sold; out","code":"SOLD_OUT","data":{"left":0}}';
  const error = messageOf({
    wait: '$1',
    namespace: 'n',
    room: 'r',
    event: 'e',
    isError: true,
    body: 'sold; out',
    facts,
  });

  it('are written with the marker and a JSON body, in text and binary frames', () => {
    expect(encodeMessage(error)).toBe(frame);
    expect(encodeMessage({ ...error, body: bytes('sold; out') })).toBe(frame);
    expect(encodeMessage({ ...error, binary: true })).toEqual(bytes(frame));
  });

  it('are read where the options say so, in text and binary frames', () => {
    expect(decodeFrame(frame, RICH)).toEqual({ kind: 'message', message: error });
    expect(decodeFrame(bytes(frame), RICH)).toEqual({ kind: 'message', message: { ...error, binary: true } });
  });

  it('are no errors anywhere else, as to neffos', () => {
    const body = frame.slice('$1;n;r;e;2;0;'.length);
    const plain = messageOf({ wait: '$1', namespace: 'n', room: 'r', event: 'e', body });

    for (const options of [NATIVE_ALLOWED, { ...RICH, richFrames: false }]) {
      expect(decodeFrame(frame, options)).toEqual({ kind: 'message', message: plain });
      expect(decodeFrame(bytes(frame), options)).toEqual({
        kind: 'message',
        message: { ...plain, binary: true, body: bytes(body) },
      });
    }
  });

  it.each(['no JSON', '', '{"code":"NO"}'])('with the body %j are errors with that text', (body) => {
    const message = messageOf({ event: 'e', isError: true, body });

    expect(decodeFrame(`;;;e;2;0;${body}`, RICH)).toEqual({ kind: 'message', message });
    expect(decodeFrame(bytes(`;;;e;2;0;${body}`), RICH)).toEqual({
      kind: 'message',
      message: { ...message, binary: true },
    });
  });

  it('leave the errors and messages of neffos as they are', () => {
    for (const plain of [
      ';;;e;1;0;{"text":"no"}',
      ';;;e;0;0;{"text":"no"}',
      ';;;e;22;0;x',
      ';;;e;3;0;x',
      ';;;e;0;2;x',
    ]) {
      expect(decodeFrame(plain, RICH)).toEqual(decodeFrame(plain));
    }
  });

  it('are written for errors only', () => {
    expect(encodeMessage({ ...error, isError: false })).toBe('$1;n;r;e;0;0;sold; out');
    expect(encodeMessage(messageOf({ event: 'e', isError: true, body: 'no' }))).toBe(';;;e;1;0;no');
  });
});
