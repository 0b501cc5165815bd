import { describe, expect, it } from 'vitest';
import type { Wire } from '../../src/ports/wire.js';
import { DEFAULT_NAME_LIMITS } from '../../src/protocol/limits.js';
import type { WireMessage } from '../../src/protocol/message.js';
import { NativeWire, NeffosWire } from '../../src/protocol/wires.js';

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

const framed: Wire = new NeffosWire({ ...DEFAULT_NAME_LIMITS, allowNative: false });
const mixed: Wire = new NeffosWire({ ...DEFAULT_NAME_LIMITS, allowNative: true });
const native: Wire = new NativeWire();

describe('NeffosWire', () => {
  it('opens with M, and answers with A and the id, or with H and the text', () => {
    expect(framed.hasHandshake).toBe(true);
    expect([framed.hello(), framed.welcome('id1'), framed.refusal('nope; sorry')]).toEqual([
      'M',
      'Aid1',
      'Hnope; sorry',
    ]);
    expect(framed.readHandshake('M')).toEqual({ kind: 'hello', version: '' });
  });

  it('says in its hello that it reads rich errors, and reads them only then', () => {
    const rich: Wire = new NeffosWire({ ...DEFAULT_NAME_LIMITS, allowNative: false, richFrames: true });
    const plain: Wire = new NeffosWire({ ...DEFAULT_NAME_LIMITS, allowNative: false, richFrames: false });
    const error = messageOf({ wait: '$1', isError: true, body: 'no', facts: { code: 'NO', data: [1] } });
    const body = '{"text":"no","code":"NO","data":[1]}';
    const frame = `$1;;;chat;2;0;${body}`;

    expect([rich.hello(), plain.hello()]).toEqual(['Mnefeli/1', 'M']);
    expect([rich.encode(error), plain.encode(error)]).toEqual([frame, frame]);
    expect(rich.decode(frame)).toEqual({ kind: 'message', message: error });
    expect(plain.decode(frame)).toEqual({ kind: 'message', message: messageOf({ wait: '$1', body }) });
  });

  it('reads and writes frames of seven fields, and acknowledgements', () => {
    const message = messageOf({ wait: '$1', namespace: 'default', body: 'hi' });

    expect(framed.encode(message)).toBe('$1;default;;chat;0;0;hi');
    expect(framed.decode('$1;default;;chat;0;0;hi')).toEqual({ kind: 'message', message });
    expect(framed.acknowledge('$1')).toBe('$1;;;;;;');
  });

  it('frames a native message that answers or asks something, so that it stays what it is', () => {
    const event = '_OnNativeMessage';

    expect(mixed.encode(messageOf({ wait: '$1', event, isError: true, body: 'bad event' }))).toBe(
      '$1;;;_OnNativeMessage;1;0;bad event',
    );
    expect(mixed.encode(messageOf({ event, isError: true, body: 'no' }))).toBe(';;;_OnNativeMessage;1;0;no');
    expect(mixed.encode(messageOf({ wait: 'n1', event, body: '?' }))).toBe('n1;;;_OnNativeMessage;0;0;?');
  });

  it('reads a raw frame as malformed, and as native where that is allowed', () => {
    expect(framed.decode('raw').kind).toBe('malformed');
    expect(mixed.decode('raw')).toEqual({ kind: 'native', body: 'raw' });
    expect(mixed.decode(bytes('raw'))).toEqual({ kind: 'native', body: bytes('raw') });
  });

  it('obeys the limits that it is given', () => {
    const short = new NeffosWire({ ...DEFAULT_NAME_LIMITS, maxRoomBytes: 1, allowNative: true });

    expect(short.decode(';n;ab;e;0;0;').kind).toBe('malformed');
  });
});

describe.each([
  ['NeffosWire', mixed],
  ['NativeWire', native],
])('%s', (_, wire) => {
  it('writes a native message as its bare body, in a frame of the opcode asked for', () => {
    const raw = (fields: Partial<WireMessage>) => wire.encode(messageOf({ event: '_OnNativeMessage', ...fields }));

    expect(raw({ body: 'text' })).toBe('text');
    expect(raw({ body: 'text', binary: true })).toEqual(bytes('text'));
    expect(raw({ body: bytes('text'), binary: true })).toEqual(bytes('text'));
    expect(raw({ body: bytes('text') })).toBe('text');
  });

  it('reads a frame of no length as empty', () => {
    expect(wire.decode('')).toEqual({ kind: 'empty' });
    expect(wire.decode(new Uint8Array())).toEqual({ kind: 'empty' });
  });
});

describe('NativeWire', () => {
  it('has no handshake: M is a message, and nothing is sent to open', () => {
    expect(native.hasHandshake).toBe(false);
    expect(native.readHandshake('M')).toEqual({ kind: 'other' });
    expect(native.decode('M')).toEqual({ kind: 'native', body: 'M' });
    expect([native.hello(), native.welcome('id1')]).toEqual(['', '']);
  });

  it('reads every frame as one native message, with separators and without', () => {
    expect(native.decode('$1;default;;chat;0;0;hi')).toEqual({ kind: 'native', body: '$1;default;;chat;0;0;hi' });
    expect(native.decode(bytes(';'))).toEqual({ kind: 'native', body: bytes(';') });
  });

  it('writes every message as its bare body, a refusal as its text, and acknowledges nothing', () => {
    expect(native.encode(messageOf({ wait: '$1', namespace: 'n', body: 'hi' }))).toBe('hi');
    expect(native.refusal('nope')).toBe('nope');
    expect(native.acknowledge('$1')).toBe('');
  });
});
