import { describe, expect, it } from 'vitest';
import type { Handler, NamespaceTable } from '../../src/core/event-table.js';
import { buildTable, type Member, type Part } from '../../src/core/table-builder.js';
import { SystemEvent } from '../../src/protocol/event-names.js';

const member = (origin: string, hears: Member['hears'], run: Handler = () => origin): Member => ({
  origin,
  hears,
  run,
});

const part = (owner: string, members: readonly Member[], more: Partial<Part> = {}): Part => ({
  namespace: 'chat',
  owner,
  members,
  ...more,
});

function tableOf(...parts: Part[]): NamespaceTable {
  const table = buildTable(parts).get('chat');
  if (!table) throw new Error('nothing was built');
  return table;
}

const run = (handler: Handler | undefined, scope?: unknown): unknown => handler?.('msg' as never, 'ns' as never, scope);

describe('buildTable', () => {
  it('throws NOTHING_SERVED for nothing', () => {
    expect(() => buildTable([])).toThrow(expect.objectContaining({ code: 'NOTHING_SERVED' }));
  });

  it('finds a handler under each spelling of its event, with the first as its name', () => {
    const { events } = tableOf(part('A', [member('A.onSay', ['say', 'onSay', 'OnSay'])]));

    expect([...events.keys()]).toEqual(['say', 'onSay', 'OnSay']);
    expect([...events.values()].map(({ name }) => name)).toEqual(['say', 'say', 'say']);
  });

  it('puts the parts of one namespace together, and runs each member with what its own part has made', () => {
    const give: Handler = (_msg, _ns, scope) => scope;
    const table = tableOf(
      part('A', [member('A.a', ['a'], give)], { open: () => 'scope of A' }),
      part('map', [member('map.b', ['b'], give)]),
      part('C', [member('C.c', ['c'], give)], { open: () => 'scope of C' }),
    );

    const scope = table.open?.('ns' as never);

    expect(['a', 'b', 'c'].map((event) => run(table.events.get(event)?.run, scope))).toEqual([
      'scope of A',
      undefined,
      'scope of C',
    ]);
  });

  it('needs no scope where no part makes one', () => {
    const table = tableOf(part('map', [member('map.a', ['a'])]));

    expect([table.open, table.close]).toEqual([undefined, undefined]);
    expect(run(table.events.get('a')?.run)).toBe('map.a');
  });

  it('finds no name that every object has', () => {
    const table = buildTable([part('A', [member('A.a', ['a'])])]);

    expect([table.get('__proto__'), table.get('constructor'), table.get('chat')?.events.get('toString')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it.each([
    ['an event', ['say', 'Say'], ['Say'], 'Say'],
    ['onAnyEvent', SystemEvent.AnyEvent, SystemEvent.AnyEvent, SystemEvent.AnyEvent],
  ] as const)('throws EVENT_DUPLICATE for %s that is handled twice, and names both', (_, one, two, event) => {
    expect(() => tableOf(part('A', [member('A.one', one)]), part('B', [member('B.two', two)]))).toThrow(
      expect.objectContaining({
        code: 'EVENT_DUPLICATE',
        details: { namespace: 'chat', event, first: 'A.one', second: 'B.two' },
      }),
    );
  });

  it('throws NATIVE_MISPLACED for onNativeMessage outside of the namespace "", EVENT_DUPLICATE for two inside', () => {
    const native = member('A.onNativeMessage', SystemEvent.NativeMessage);

    expect(() => tableOf(part('A', [native]))).toThrow(expect.objectContaining({ code: 'NATIVE_MISPLACED' }));
    expect(() => buildTable([part('A', [native, native], { namespace: '' })])).toThrow(
      expect.objectContaining({ code: 'EVENT_DUPLICATE' }),
    );
    expect(buildTable([part('A', [native], { namespace: '' })]).get('')?.native?.name).toBe('_OnNativeMessage');
  });

  describe('with several handlers of one lifecycle event', () => {
    it('runs them one after the other, in the order of the parts, waiting for each', async () => {
      const order: string[] = [];
      const table = tableOf(
        part('A', [
          member('A', SystemEvent.RoomJoin, async () => {
            await Promise.resolve();
            order.push('A');
          }),
        ]),
        part('B', [member('B', SystemEvent.RoomJoin, () => void order.push('B'))]),
      );

      await run(table.lifecycle.get(SystemEvent.RoomJoin));

      expect(order).toEqual(['A', 'B']);
    });

    it.each([
      ['throws', () => Promise.reject(new Error('no'))],
      ['returns an error', () => new Error('no')],
    ])('ends with the first that %s', async (_, refuse) => {
      const order: string[] = [];
      const table = tableOf(
        part('A', [
          member('A', SystemEvent.RoomJoin, refuse),
          member('B', SystemEvent.RoomJoin, () => void order.push('B')),
        ]),
      );

      await expect(run(table.lifecycle.get(SystemEvent.RoomJoin))).rejects.toThrow('no');
      expect(order).toEqual([]);
    });
  });

  describe('opening and closing', () => {
    /** Parts that write down when they are opened and closed. */
    const recordingParts = (order: string[], ...opens: (() => unknown)[]): Part[] =>
      opens.map((open, index) =>
        part(`P${index}`, [], {
          open() {
            order.push(`open ${index}`);
            return open();
          },
          close: (scope) => void order.push(`close ${index} ${scope}`),
        }),
      );

    it.each([
      ['at once', (value: string) => () => value],
      ['later', (value: string) => async () => value],
    ])('opens in order %s, and closes in reverse', async (_, giving) => {
      const order: string[] = [];
      const table = tableOf(...recordingParts(order, giving('a'), giving('b'), giving('c')));

      const scope = await table.open?.('ns' as never);
      await table.close?.(scope);

      expect(scope).toEqual(['a', 'b', 'c']);
      expect(order).toEqual(['open 0', 'open 1', 'open 2', 'close 2 c', 'close 1 b', 'close 0 a']);
    });

    it('closes what it has opened when a later part fails, at once or later, and rejects with that failure', async () => {
      const fail = (): never => {
        throw new Error('third');
      };
      for (const opens of [
        [() => 'a', () => 'b', fail],
        [async () => 'a', () => 'b', fail],
        [() => 'a', async () => 'b', () => Promise.reject(new Error('third'))],
      ]) {
        const order: string[] = [];

        await expect(tableOf(...recordingParts(order, ...opens)).open?.('ns' as never)).rejects.toThrow('third');

        expect(order.slice(3)).toEqual(['close 1 b', 'close 0 a']);
      }
    });

    it('tells of both failures when closing again fails, too', async () => {
      const [first, second] = [new Error('dispose'), new Error('make')];
      const table = tableOf(
        part('A', [], { open: () => 'a', close: () => Promise.reject(first) }),
        part('B', [], { open: () => Promise.reject(second) }),
      );

      await expect(table.open?.('ns' as never)).rejects.toMatchObject({ errors: [second, first], cause: second });
    });

    it('closes every part, whatever the others do, and then tells of what failed', async () => {
      const order: string[] = [];
      const failing = (name: string): Partial<Part> => ({
        open: () => name,
        close() {
          order.push(name);
          throw new Error(name);
        },
      });
      const one = tableOf(part('A', [], failing('a')), part('map', []));
      const two = tableOf(part('A', [], failing('a')), part('B', [], failing('b')));

      await expect(one.close?.(one.open?.('ns' as never))).rejects.toThrow('a');
      await expect(two.close?.(two.open?.('ns' as never))).rejects.toMatchObject({
        errors: [{ message: 'b' }, { message: 'a' }],
      });
      expect(order).toEqual(['a', 'b', 'a']);
    });
  });
});
