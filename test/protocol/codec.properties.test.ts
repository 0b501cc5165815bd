import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodeOptions, decodeFrame, encodeMessage } from '../../src/protocol/codec.js';
import { escapeName, isEncodableName, unescapeName } from '../../src/protocol/escaped-name.js';
import type { Frame, FrameData, WireMessage } from '../../src/protocol/message.js';

const LIMITLESS: DecodeOptions = {
  maxWaitBytes: 1e6,
  maxNamespaceBytes: 1e6,
  maxRoomBytes: 1e6,
  maxEventBytes: 1e6,
  allowNative: false,
};

/** Any text that UTF-8 can hold. */
const text = fc.string({ unit: 'binary' });
/** Names as an attacker would choose them: of pieces of the escape and the separator. */
const hostile = fc
  .array(fc.constantFrom(';', '@', '%', '!', '@%!', 'semi', 'semicolon', 'colon', '@%!semicolon@%!', 'é'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
const name = fc.oneof(text, hostile).filter(isEncodableName);
const codeUnits = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 })
  .map((units) => String.fromCharCode(...units));
const separators = fc
  .array(fc.constantFrom(';', ';', ';', '0', '1', 'a', '@%!semicolon@%!', '$', '\0'), { maxLength: 60 })
  .map((parts) => parts.join(''));
/** Frames of seven fields or more, of which the last may be any text. */
const frames = fc.tuple(separators, separators, text).map(([start, middle, end]) => `${start};;;${middle};;;${end}`);
const anyText = fc.oneof(codeUnits, separators, text);
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc
    .array(fc.constantFrom(0x3b, 0x3b, 0x30, 0x31, 0x61, 0xff, 0xc0, 0xe2), { maxLength: 60 })
    .map((units) => Uint8Array.from(units)),
);
const wait = text.map((token) => token.replaceAll(';', ''));
const header = { wait, namespace: name, room: name, event: name, isNoOp: fc.boolean() };

const KINDS: readonly Frame['kind'][] = ['message', 'native', 'malformed', 'empty'];

describe('decodeFrame', () => {
  it('never throws, whatever text it is given', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (frame, allowNative) => {
        expect(KINDS).toContain(decodeFrame(frame, { ...LIMITLESS, allowNative }).kind);
        expect(KINDS).toContain(decodeFrame(frame).kind);
      }),
    );
  });

  it('never throws, whatever bytes it is given', () => {
    fc.assert(
      fc.property(anyBytes, fc.boolean(), (frame, allowNative) => {
        expect(KINDS).toContain(decodeFrame(frame, { ...LIMITLESS, allowNative }).kind);
        expect(KINDS).toContain(decodeFrame(frame).kind);
      }),
    );
  });

  it('gives a message exactly when there are six separators or more', () => {
    fc.assert(
      fc.property(separators, (frame) => {
        const kind = frame === '' ? 'empty' : frame.split(';').length > 6 ? 'message' : 'malformed';
        expect(decodeFrame(frame, LIMITLESS).kind).toBe(kind);
      }),
    );
  });

  it('reads text dense in separators as the fields between them', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const [token, namespace, room, event, isError, isNoOp, ...rest] = frame.split(';');
        expect(decodeFrame(frame, LIMITLESS)).toEqual({
          kind: 'message',
          message: {
            wait: token,
            namespace: unescapeName(namespace ?? ''),
            room: unescapeName(room ?? ''),
            event: unescapeName(event ?? ''),
            isError: isError === '1',
            isNoOp: isNoOp === '1',
            binary: false,
            body: rest.join(';'),
            ...(isNoOp === 'j' && isError !== '1' && { json: true }),
          },
        });
      }),
    );
  });

  it('reads a binary frame as the text frame of the same bytes', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        const asText = decodeFrame(frame, LIMITLESS);
        const asBytes = decodeFrame(new TextEncoder().encode(frame), LIMITLESS);
        fc.pre(asText.kind === 'message');
        const { message } = asText;
        const body = message.isError ? message.body : new TextEncoder().encode(String(message.body));
        expect(asBytes).toEqual({ kind: 'message', message: { ...message, binary: true, body } });
      }),
    );
  });

  it('gives only names that can be encoded again', () => {
    fc.assert(
      fc.property(fc.oneof(separators, text), hostile, hostile, hostile, (tail, namespace, room, event) => {
        const wire = [namespace, room, event].map((field) => field.replaceAll(';', '')).join(';');
        const frame = decodeFrame(`;${wire};0;0;${tail}`, LIMITLESS);
        const names =
          frame.kind === 'message' ? [frame.message.namespace, frame.message.room, frame.message.event] : [];
        expect(names.map(isEncodableName)).toEqual([true, true, true]);
      }),
    );
  });

  it('gives back every text message that was encoded', () => {
    fc.assert(
      fc.property(fc.record({ ...header, isError: fc.boolean(), body: text }), (fields) => {
        const message: WireMessage = { ...fields, binary: false };
        expect(decodeFrame(encodeMessage(message), LIMITLESS)).toEqual({ kind: 'message', message });
      }),
    );
  });

  it('gives back every binary message that was encoded', () => {
    fc.assert(
      fc.property(fc.record({ ...header, body: fc.uint8Array() }), (fields) => {
        const message: WireMessage = { ...fields, isError: false, binary: true };
        expect(decodeFrame(encodeMessage(message), LIMITLESS)).toEqual({ kind: 'message', message });
      }),
    );
  });

  it('gives back every error that was encoded into a binary frame', () => {
    fc.assert(
      fc.property(fc.record({ ...header, body: text }), (fields) => {
        const message: WireMessage = { ...fields, isError: true, binary: true };
        expect(decodeFrame(encodeMessage(message), LIMITLESS)).toEqual({ kind: 'message', message });
      }),
    );
  });
});

describe('a message that is marked as JSON', () => {
  /** Code units, or bytes. */
  const unitsOf = (frame: FrameData): unknown[] => (typeof frame === 'string' ? frame.split('') : [...frame]);

  it('comes back as it was encoded, and differs by the mark alone, in text and binary frames', () => {
    fc.assert(
      fc.property(fc.record({ ...header, body: text, binary: fc.boolean() }), ({ body, binary, ...fields }) => {
        const sent = binary ? new TextEncoder().encode(body) : body;
        const message: WireMessage = { ...fields, isNoOp: false, isError: false, binary, body: sent, json: true };
        const marked = encodeMessage(message);
        const units = unitsOf(encodeMessage({ ...message, json: undefined }));
        const mark = units.length - sent.length - 2;

        expect(decodeFrame(marked, LIMITLESS)).toEqual({ kind: 'message', message });
        expect(unitsOf(marked)).toEqual(units.with(mark, binary ? 0x6a : 'j'));
      }),
    );
  });
});

describe('a rich error', () => {
  const RICH: DecodeOptions = { ...LIMITLESS, richFrames: true };
  const facts = fc.record({ code: fc.option(text, { nil: undefined }), data: fc.jsonValue() });

  it('comes back as it was encoded, in text and binary frames', () => {
    fc.assert(
      fc.property(fc.record({ ...header, facts, body: text, binary: fc.boolean() }), (fields) => {
        const data: unknown = JSON.parse(JSON.stringify(fields.facts.data)); // -0 becomes 0
        fc.pre(!JSON.stringify(data).includes('__proto__'));
        const message: WireMessage = { ...fields, facts: { ...fields.facts, data }, isError: true };
        expect(decodeFrame(encodeMessage(message), RICH)).toEqual({ kind: 'message', message });
      }),
    );
  });

  it('is, to who has not asked for it, never an error', () => {
    fc.assert(
      fc.property(fc.record({ ...header, facts, body: text, binary: fc.boolean() }), (fields) => {
        const frame = decodeFrame(encodeMessage({ ...fields, isError: true }), LIMITLESS);
        expect(frame).toMatchObject({ kind: 'message', message: { isError: false } });
      }),
    );
  });

  it('is never thrown over, whatever its body is', () => {
    fc.assert(
      fc.property(anyText, (body) => {
        const frame = decodeFrame(`;;;e;2;0;${body}`, RICH);
        expect(frame).toMatchObject({ kind: 'message', message: { isError: true } });
      }),
    );
  });
});

describe('escapeName', () => {
  it('never lets a name become a new field', () => {
    fc.assert(fc.property(fc.oneof(hostile, anyText), (any) => !escapeName(any).includes(';')));
  });

  it('is undone by unescapeName exactly for encodable names', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, text), (any) => {
        const comesBack = unescapeName(escapeName(any)) === any;
        expect(isEncodableName(any)).toBe(comesBack);
      }),
    );
  });
});
