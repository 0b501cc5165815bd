import { describe, expect, it } from 'vitest';
import { type Namespaces, readEventMaps } from '../../src/core/event-maps.js';

describe('readEventMaps', () => {
  it('makes a part of each namespace, with its events by their exact names and lifecycle events by theirs', () => {
    const parts = readEventMaps({ chat: { say() {}, onRoomJoin() {} }, '': { onNativeMessage() {} } });

    expect(parts.map(({ namespace, owner }) => [namespace, owner])).toEqual([
      ['chat', 'namespaces["chat"]'],
      ['', 'namespaces[""]'],
    ]);
    expect(parts.flatMap(({ members }) => members.map(({ origin, hears }) => [origin, hears]))).toEqual([
      ['namespaces["chat"].say', ['say']],
      ['namespaces["chat"].onRoomJoin', '_OnRoomJoin'],
      ['namespaces[""].onNativeMessage', '_OnNativeMessage'],
    ]);
  });

  it('runs a handler with the message and the namespace, and gives what it returns', () => {
    const [part] = readEventMaps({ chat: { say: (msg, ns) => [msg, ns] } });

    expect(part?.members[0]?.run('msg' as never, 'ns' as never, 'scope')).toEqual(['msg', 'ns']);
  });

  it.each([
    ['a string', 'text', 'string'],
    ['null', null, 'object'],
    ['undefined', undefined, 'undefined'],
  ])('throws HANDLER_NOT_FUNCTION for %s', (_, handler, type) => {
    const namespaces = { chat: { say: handler } } as unknown as Namespaces;

    expect(() => readEventMaps(namespaces)).toThrow(
      expect.objectContaining({ code: 'HANDLER_NOT_FUNCTION', details: { namespace: 'chat', event: 'say', type } }),
    );
  });
});
