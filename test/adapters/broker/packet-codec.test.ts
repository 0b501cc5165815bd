import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketCodec } from '../../../src/adapters/broker/packet-codec.js';
import type { Message, NumberedMessage } from '../../../src/adapters/broker/record.js';
import type { Act, BroadcastContent, Query, QueryResult } from '../../../src/ports/adapter.js';

const nobody = (): boolean => false;

const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const texts = fc.array(text, { maxLength: 3 });
const whole = fc.nat();
const timeoutMs = fc.integer({ min: 1, max: 60_000 });
const body = fc.oneof(text, fc.uint8Array({ maxLength: 40 }));
const target = fc.record({ namespace: text, rooms: texts, ids: texts, exceptIds: texts, exceptKeys: texts });
const content: fc.Arbitrary<BroadcastContent> = fc.record(
  { event: text, body, binary: fc.boolean(), json: fc.constant(true as const), offset: whole },
  { requiredKeys: ['event', 'body', 'binary'] },
);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constantFrom('joinRoom', 'leaveRoom'), room: text }),
  fc.record({ kind: fc.constant('disconnect' as const) }),
  fc.record({ kind: fc.constant('close' as const), code: whole, reason: text }),
);
const query: fc.Arbitrary<Query> = fc.oneof(
  fc.record({ kind: fc.constantFrom('count', 'members', 'rooms'), target }),
  fc.record({ kind: fc.constant('broadcast' as const), target, content }),
  fc.record({ kind: fc.constantFrom('ask', 'gather'), target, content, timeoutMs }),
  fc.record({ kind: fc.constant('act' as const), target, act, timeoutMs }),
);
const result: fc.Arbitrary<QueryResult> = fc.oneof(
  fc.record({ kind: fc.constant('count' as const), count: whole }),
  fc.record({ kind: fc.constant('members' as const), members: fc.array(fc.record({ id: text, key: text })) }),
  fc.record({ kind: fc.constant('rooms' as const), rooms: texts }),
  fc.record({ kind: fc.constant('reply' as const), id: text, body }),
  fc.record({ kind: fc.constant('error' as const), text, id: text }, { requiredKeys: ['kind', 'text'] }),
  fc.record({ kind: fc.constant('nobody' as const) }),
);

/** Every message that there can be, of one server. */
const messageOf = (from: string): fc.Arbitrary<Message> => {
  const sender = fc.constant(from);
  return fc.oneof(
    fc.record({ kind: fc.constant('broadcast' as const), from: sender, target, content }),
    fc.record({ kind: fc.constant('event' as const), from: sender, content }),
    fc.record({ kind: fc.constant('query' as const), from: sender, queryId: text, query }),
    fc.record({ kind: fc.constant('cancel' as const), from: sender, queryId: text }),
    fc.record({
      ...{ kind: fc.constant('result' as const), from: sender, to: text, queryId: text },
      ...{ result, isLast: fc.boolean() },
    }),
    fc.record({
      kind: fc.constantFrom('hello', 'here', 'bye'),
      from: sender,
      counts: fc.array(fc.record({ channel: text, epoch: whole, n: whole }), { maxLength: 3 }),
    }),
  );
};
const sequence = fc.option(
  fc.record({ epoch: fc.nat(Number.MAX_SAFE_INTEGER), n: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }) }),
  { nil: undefined },
);
const numbered: fc.Arbitrary<NumberedMessage> = fc.record({ message: messageOf('server a'), sequence });

/** What one server writes for a channel. */
function packetOf(codec: PacketCodec, messages: readonly NumberedMessage[]): Uint8Array {
  const records = messages.map(({ message, sequence: number }) => ({
    record: codec.writeRecord(message),
    sequence: number,
  }));
  return codec.writePacket('chat.all', 'server a', records);
}

const event: Message = { kind: 'event', from: 'server a', content: { event: 'e', body: 'hi', binary: false } };

describe('PacketCodec', () => {
  it.each([undefined, 'a secret'])(
    'gives back every message, with its number, whatever it holds (secret: %s)',
    (secret) => {
      const codec = new PacketCodec(secret);

      fc.assert(
        fc.property(fc.array(numbered, { maxLength: 5 }), (messages) => {
          expect(codec.read('chat.all', packetOf(codec, messages), nobody)).toEqual({ from: 'server a', messages });
        }),
        { numRuns: 300 },
      );
    },
  );

  it('keeps a byte order mark at the start of a text', () => {
    const codec = new PacketCodec();
    const message: Message = { ...event, content: { event: 'e', body: '\ufeffhi', binary: false } };

    const read = codec.read('c', packetOf(codec, [{ message, sequence: undefined }]), nobody);

    expect(read?.messages[0]?.message).toEqual(message);
  });

  it('carries bytes as they are: no base64, and less than 250 bytes beside them', () => {
    const codec = new PacketCodec();
    const body = new Uint8Array(10_000).fill(255);
    const message: Message = {
      ...{ kind: 'broadcast', from: 'server a' },
      target: { namespace: 'default', rooms: [], ids: [], exceptIds: [], exceptKeys: [] },
      content: { event: 'chat', body, binary: true },
    };

    expect(packetOf(codec, [{ message, sequence: { epoch: 1, n: 1 } }]).length).toBeLessThan(10_250);
  });

  it('reads nothing of its own packets but who they are of', () => {
    const codec = new PacketCodec();
    const packet = packetOf(codec, [{ message: event, sequence: undefined }]);

    expect(codec.read('c', packet, (from) => from === 'server a')).toEqual({ from: 'server a', messages: [] });
  });

  it('copies the body: what it was made of, and what it was read from, may be used again', () => {
    const codec = new PacketCodec();
    const body = Uint8Array.of(1, 2, 3);
    const message: Message = { ...event, content: { event: 'e', body, binary: true } };
    const record = codec.writeRecord(message);
    body.fill(9);
    const packet = codec.writePacket('c', 'server a', [{ record, sequence: undefined }]);

    const read = codec.read('c', packet, nobody);
    packet.fill(0);

    const got = read?.messages[0]?.message;
    expect(got?.kind === 'event' && [...got.content.body]).toEqual([1, 2, 3]);
  });

  describe('drops, and never throws', () => {
    it.each([undefined, 'a secret'])('any bytes at all (secret: %s)', (secret) => {
      const codec = new PacketCodec(secret);

      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1, 2, 3), (bytes, version) => {
          const packet = Uint8Array.of(version, ...bytes);
          const read = codec.read('c', packet, nobody);
          expect(secret === undefined && version === 1 ? (read?.messages.length ?? 0) : 0).toBe(0);
          if (version !== 1 || secret !== undefined) expect(read).toBeUndefined();
        }),
        { numRuns: 2_000 },
      );
    });

    it('a packet that is cut short anywhere, but between two messages', () => {
      const codec = new PacketCodec();
      const one = packetOf(codec, [{ message: event, sequence: undefined }]);
      const two = packetOf(codec, [
        { message: event, sequence: undefined },
        { message: event, sequence: { epoch: 300, n: 300 } },
      ]);
      const header = codec.writePacket('c', 'server a', []).length;

      for (let length = 0; length < two.length; length += 1) {
        const read = codec.read('c', two.subarray(0, length), nobody);
        if (length === one.length) expect(read?.messages).toHaveLength(1);
        else if (length === header) expect(read?.messages).toEqual([]);
        else expect(read).toBeUndefined();
      }
    });

    it('a packet of a server with a name of more than 256 bytes', () => {
      const codec = new PacketCodec();
      const of = (from: string) => codec.read('c', codec.writePacket('c', from, []), nobody)?.from;

      expect(of('é'.repeat(128))).toBe('é'.repeat(128));
      expect(of(`${'é'.repeat(128)}x`)).toBeUndefined();
    });

    it('a packet of another version', () => {
      const packet = packetOf(new PacketCodec(), [{ message: event, sequence: undefined }]);
      packet[0] = 3;

      expect(new PacketCodec().read('c', packet, nobody)).toBeUndefined();
    });

    it('what is not signed, is signed with another secret, was signed for another channel, or was changed in any byte', () => {
      const codec = new PacketCodec('right');
      const messages = [{ message: event, sequence: undefined }];
      const packet = packetOf(codec, messages);
      expect(codec.read('chat.all', packet, nobody)?.messages).toEqual(messages);

      expect(codec.read('chat.all', packetOf(new PacketCodec(), messages), nobody)).toBeUndefined();
      expect(codec.read('chat.all', packetOf(new PacketCodec('wrong'), messages), nobody)).toBeUndefined();
      expect(codec.read('chat.other', packet, nobody)).toBeUndefined();
      for (let at = 0; at < packet.length; at += 1) {
        const changed = Uint8Array.from(packet);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(codec.read('chat.all', changed, nobody)).toBeUndefined();
      }
      expect(new PacketCodec().read('chat.all', packet, nobody)).toBeUndefined();
    });

    const TARGET = { namespace: '', rooms: [], ids: [], exceptIds: [], exceptKeys: [] };
    const CONTENT = { event: 'e', binary: false };
    it.each([
      ['no object', 1],
      ['null', null],
      ['a list', []],
      ['an unknown kind', { kind: 'constructor' }],
      ['a broadcast without a target', { kind: 'broadcast', content: CONTENT }],
      ['a target with a wrong list', { kind: 'broadcast', target: { ...TARGET, ids: [1] }, content: CONTENT }],
      ['a target that is a text', { kind: 'broadcast', target: '', content: CONTENT }],
      ['a content that is none', { kind: 'event', content: null }],
      ['an event that is a number', { kind: 'event', content: { event: 1, binary: false } }],
      ['a mark of JSON that is none', { kind: 'event', content: { event: 'e', binary: false, json: 1 } }],
      ['a binary that is a text', { kind: 'event', content: { event: 'e', binary: 'no' } }],
      ['a cancel without a number', { kind: 'cancel' }],
      ['a query without a number', { kind: 'query', query: { kind: 'count', target: TARGET } }],
      ['a query of an unknown kind', { kind: 'query', queryId: 'q', query: { kind: 'drop', target: TARGET } }],
      ['a query that is none', { kind: 'query', queryId: 'q', query: 'count' }],
      ['a query without a target', { kind: 'query', queryId: 'q', query: { kind: 'count' } }],
      [
        'an ask without a time',
        { kind: 'query', queryId: 'q', query: { kind: 'ask', target: TARGET, content: CONTENT } },
      ],
      [
        'an ask with a time that is none',
        { kind: 'query', queryId: 'q', query: { kind: 'ask', target: TARGET, content: CONTENT, timeoutMs: -1 } },
      ],
      [
        'an unknown act',
        { kind: 'query', queryId: 'q', query: { kind: 'act', target: TARGET, act: { kind: 'kill' }, timeoutMs: 1 } },
      ],
      [
        'an act that is none',
        { kind: 'query', queryId: 'q', query: { kind: 'act', target: TARGET, act: null, timeoutMs: 1 } },
      ],
      ['a result for nobody', { kind: 'result', queryId: 'q', isLast: true, result: { kind: 'nobody' } }],
      ['a result that may be the last', { kind: 'result', queryId: 'q', to: 'a', result: { kind: 'nobody' } }],
      ['an unknown result', { kind: 'result', queryId: 'q', to: 'a', isLast: true, result: { kind: 'x' } }],
      ['a result that is none', { kind: 'result', queryId: 'q', to: 'a', isLast: true, result: 3 }],
      [
        'a count below 0',
        { kind: 'result', queryId: 'q', to: 'a', isLast: true, result: { kind: 'count', count: -1 } },
      ],
      [
        'a member without a key',
        { kind: 'result', queryId: 'q', to: 'a', isLast: true, result: { kind: 'members', members: [{ id: 'x' }] } },
      ],
      ['an error without a text', { kind: 'result', queryId: 'q', to: 'a', isLast: true, result: { kind: 'error' } }],
      ['counts that are none', { kind: 'here', counts: [['c', 1]] }],
      ['counts in no list', { kind: 'here', counts: {} }],
    ])('%s', (_, header) => {
      expect(readHeader(JSON.stringify(header))).toBeUndefined();
    });

    it('a key that would change a prototype, and a header that is no JSON', () => {
      expect(readHeader('{"kind":"cancel","queryId":"q"}', 'none')).toBeDefined();
      expect(readHeader('{"kind":"cancel","queryId":"q","__proto__":{}}', 'none')).toBeUndefined();
      expect(readHeader('{"kind":"cancel","queryId":"q"', 'none')).toBeUndefined();
    });

    it('a broadcast without a body, and a body of an unknown kind', () => {
      const header = JSON.stringify({ kind: 'event', content: CONTENT });
      expect(readHeader(header, 'text')).toBeDefined();

      expect(readHeader(header, 'none')).toBeUndefined();
      expect(readHeader(header, 'unknown')).toBeUndefined();
    });
  });
});

/** Reads a packet of one message that was written by hand, with a header of less than 16 KiB. */
function readHeader(header: string, kind: 'none' | 'text' | 'unknown' = 'text'): unknown {
  const bytes = Buffer.from(header);
  const length = [(bytes.length % 128) | 128, Math.floor(bytes.length / 128)];
  const tail = { none: [0], text: [1, 2, 104, 105], unknown: [3, 2, 104, 105] }[kind];
  const packet = Buffer.concat([Buffer.from([1, 1, 97, 0, 0, ...length]), bytes, Buffer.from(tail)]);
  return new PacketCodec().read('c', packet, nobody);
}
