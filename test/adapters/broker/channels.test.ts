import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Channels } from '../../../src/adapters/broker/channels.js';
import { keyOf, type Topic } from '../../../src/ports/topic.js';

const channels = new Channels('chat');
const name = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', '*', '>', 'a.b', 'x'.repeat(300)));
const topic: fc.Arbitrary<Topic> = fc.oneof(
  fc.record({ kind: fc.constant('namespace' as const), namespace: name }),
  fc.record({ kind: fc.constant('room' as const), namespace: name, room: name }),
  fc.record({ kind: fc.constant('id' as const), id: name }),
);

describe('Channels', () => {
  it('names a channel with letters, digits, dots and three signs only, whatever the topic is called', () => {
    fc.assert(
      fc.property(topic, (each) => {
        expect(channels.of(each)).toMatch(/^chat\.[nri](\.[\w~-]+){1,2}$/);
      }),
    );
  });

  it('gives two topics two channels', () => {
    fc.assert(
      fc.property(topic, topic, (one, other) => {
        expect(channels.of(one) === channels.of(other)).toBe(keyOf(one) === keyOf(other));
      }),
    );
  });

  it('keeps a channel short, however long a name is, and two long names apart', () => {
    const long = (last: string): string => channels.of({ kind: 'id', id: 'x'.repeat(100_000) + last });

    expect(long('a').length).toBeLessThan(100);
    expect(long('a')).not.toBe(long('b'));
  });

  it('keeps names with half a character apart: who leaves one stays in the others', () => {
    const names = ['\ud800', '\udbff', '\ufffd', 'a\ud800', 'a\ufffd'];

    expect(new Set(names.map((id) => channels.of({ kind: 'id', id }))).size).toBe(names.length);
  });

  it('keeps ids, rooms, namespaces, servers and applications of one name apart', () => {
    const all = [
      channels.of({ kind: 'namespace', namespace: 'all' }),
      channels.of({ kind: 'id', id: 'all' }),
      channels.of({ kind: 'room', namespace: 'all', room: '' }),
      channels.server('all'),
      channels.all,
      new Channels('news').all,
    ];

    expect(new Set(all).size).toBe(all.length);
  });
});
