import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HELLO, type Incoming, PING, readFrame, toPayload, writeFrame } from '../../src/client/wire.js';
import { type DecodeOptions, decodeFrame, encodeAcknowledgement, encodeMessage } from '../../src/protocol/codec.js';
import { isEncodableName } from '../../src/protocol/escaped-name.js';
import { encodeHello } from '../../src/protocol/handshake.js';
import type { WireMessage } from '../../src/protocol/message.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;
const READING: DecodeOptions = {
  maxWaitBytes: NO_LIMIT,
  maxNamespaceBytes: NO_LIMIT,
  maxRoomBytes: NO_LIMIT,
  maxEventBytes: NO_LIMIT,
  allowNative: true,
  richFrames: true,
};

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(';', 'a;b', '@%!semicolon@%!', '\ufeffx', ''),
);
const name = text.filter(isEncodableName);
const wait = fc.constantFrom('', '$1', 'n0123456789abcdef', '7');
const body = fc.oneof(text, fc.uint8Array());

/** What the client has read, as the codec of the server would have. */
function asMessage({ errorKind, json, isNoOp, ...rest }: Incoming): Omit<WireMessage, 'facts'> {
  const isError = errorKind > 0;
  return { ...rest, isNoOp, isError, binary: typeof rest.body !== 'string', ...(json && !isError && { json: true }) };
}

describe('the wire of the client', () => {
  it('reads every message that the codec of the server writes', () => {
    fc.assert(
      fc.property(
        fc.record({ wait, namespace: name, room: name, event: name, body, json: fc.boolean() }),
        (message) => {
          const { json, ...rest } = message;
          const binary = typeof message.body !== 'string';
          const whole: WireMessage = { ...rest, isError: false, isNoOp: false, binary, ...(json && { json: true }) };
          const read = readFrame(encodeMessage(whole));

          expect(read && asMessage(read)).toEqual(whole);
        },
      ),
    );
  });

  it('reads any frame as the codec of the server reads it', () => {
    const field = fc.oneof(fc.constantFrom('', '0', '1', '2', 'j', 'x', '$1'), text);
    const anyFrame = fc.oneof(
      fc.array(field, { maxLength: 10 }).map((fields) => fields.join(';')),
      fc.uint8Array(),
    );
    fc.assert(
      fc.property(anyFrame, (data) => {
        fc.pre(data.length > 0);
        const frame = decodeFrame(data, READING);
        fc.pre(frame.kind !== 'malformed'); // of a server that the client has chosen nothing is
        const read = readFrame(data);
        if (frame.kind !== 'message') {
          expect(read).toBeUndefined();
          return;
        }
        fc.pre(!frame.message.isError); // its text is read where somebody waits for it
        expect(read && asMessage(read)).toEqual({ ...frame.message });
      }),
    );
  });

  it('writes what the codec of the server writes', () => {
    fc.assert(
      fc.property(
        fc.record({ wait, namespace: name, room: name, event: name }),
        body,
        fc.boolean(),
        (target, value, isError) => {
          const message = { ...target, isError, isNoOp: false, binary: typeof value !== 'string', body: value };

          expect(writeFrame(target, { body: value }, isError ? 1 : 0)).toEqual(encodeMessage(message));
        },
      ),
    );
  });

  it('writes JSON under its mark', () => {
    const message = {
      wait: '$1',
      namespace: 'a',
      room: '',
      event: 'e',
      isError: false,
      isNoOp: false,
      binary: false,
    } as const;

    expect(writeFrame(message, toPayload({ a: 1 }))).toBe(encodeMessage({ ...message, body: '{"a":1}', json: true }));
  });

  it('says hello and acknowledges as the protocol has it', () => {
    expect(HELLO).toBe(encodeHello({ richFrames: true }));
    expect(PING).toBe('$0;_;;_OnNamespaceDisconnect;0;0;');
    expect(encodeAcknowledgement('7')).toBe('7;;;;;;'); // as src/client/inbound.ts writes it
  });
});
