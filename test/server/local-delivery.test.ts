import { describe, expect, it } from 'vitest';
import type { Namespaces } from '../../src/core/event-maps.js';
import type { OutgoingFrame } from '../../src/ports/socket.js';
import { MemorySocket } from '../support/memory-socket.js';
import { settle, testServer } from '../support/test-server.js';
import { HeldSocket } from './held-socket.js';
import { arrive, member } from './member.js';

const namespaces: Namespaces = { default: {} };
const TICK = ';default;;tick;0;0;';
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('LocalDelivery', () => {
  it('loses none of 1,000 quick broadcasts to 10 connections, and keeps their order', async () => {
    const t = testServer(namespaces);
    const peers = await Promise.all(Array.from({ length: 10 }, () => member(t)));

    for (let index = 0; index < 1_000; index++) t.server.in('default').broadcast('tick', String(index));

    const all = Array.from({ length: 1_000 }, (_, index) => `;default;;tick;0;0;${index}`);
    for (const { socket } of peers) expect(socket.sent).toEqual(all);
    expect(t.counters.get('broadcasts.sent')).toBe(1_000);
    expect(t.counters.get('broadcasts.delivered')).toBe(10_000);
  });

  it('sends bytes as a binary frame, and anything that is neither text nor bytes as JSON', async () => {
    const t = testServer(namespaces);
    const { socket } = await member(t);

    t.server.in('default').broadcast('raw', new Uint8Array([0, 255]));
    t.server.in('default').broadcast('json', { a: 1 });
    t.server.in('default').broadcast('nothing');

    expect(socket.sent).toEqual([
      new Uint8Array([...Buffer.from(';default;;raw;0;0;'), 0, 255]),
      ';default;;json;0;0;{"a":1}',
      ';default;;nothing;0;0;',
    ]);
  });

  it('marks JSON for those who read the mark, and for nobody else', async () => {
    const t = testServer(namespaces);
    const rich = await member(t, { hello: 'Mnefeli/1' });
    const plain = await member(t);

    t.server.in('default').broadcast('json', { a: 1 });
    t.server.in('default').broadcast('text', '{"a":1}');
    t.server.in('default').broadcast('nothing');
    t.server.in('default').broadcast('raw', new Uint8Array([255]));

    const frames = (flag: string): unknown[] => [
      `;default;;json;0;${flag};{"a":1}`,
      ';default;;text;0;0;{"a":1}',
      `;default;;nothing;0;${flag};`,
      new Uint8Array([...Buffer.from(';default;;raw;0;0;'), 255]),
    ];
    expect(rich.socket.sent).toEqual(frames('j'));
    expect(plain.socket.sent).toEqual(frames('0'));
  });

  it.each([
    ['once where all read the mark', ['Mnefeli/1', 'Mnefeli/1', 'Mnefeli/1'], { a: 1 }, 1],
    ['once where nobody reads it', ['M', 'M', 'M'], { a: 1 }, 1],
    ['once for each kind, in whatever order they come', ['M', 'Mnefeli/1', 'M', 'Mnefeli/1'], { a: 1 }, 2],
    ['once for both where nothing is marked', ['M', 'Mnefeli/1', 'M'], 'text', 1],
  ])('encodes JSON %s', async (_, hellos, body, times) => {
    const t = testServer(namespaces);
    const frames = new Set<unknown>();
    for (const hello of hellos) {
      const socket = new (class extends MemorySocket {
        override send(frame: OutgoingFrame): boolean {
          if (!frame.droppable) return super.send(frame);
          frames.add(frame);
          return false;
        }
      })();
      arrive(t, socket);
      socket.receive(hello, '$1;default;;_OnNamespaceConnect;0;0;');
    }
    await settle();

    t.server.in('default').broadcast('tick', body);

    expect(frames.size).toBe(times);
  });

  it('tells each receiver the room that it is in, marked or not', async () => {
    const t = testServer(namespaces);
    const rich = await member(t, { rooms: ['b'], hello: 'Mnefeli/1' });
    const inA = await member(t, { rooms: ['a'] });
    const richInA = await member(t, { rooms: ['a'], hello: 'Mnefeli/1' });

    t.server.in('default').room('a', 'b').broadcast('chat', [1]);

    expect(rich.socket.sent).toEqual([';default;b;chat;0;j;[1]']);
    expect(inA.socket.sent).toEqual([';default;a;chat;0;0;[1]']);
    expect(richInA.socket.sent).toEqual([';default;a;chat;0;j;[1]']);
  });

  it('tells each receiver the room that it is in, where several are meant', async () => {
    const t = testServer(namespaces);
    const inA = await member(t, { rooms: ['a'] });
    const inB = await member(t, { rooms: ['b'] });
    const inBoth = await member(t, { rooms: ['b', 'a'] });
    const inNone = await member(t);

    t.server.in('default').room('a').room('b').broadcast('chat', 'hi');

    expect(inA.socket.sent).toEqual([';default;a;chat;0;0;hi']);
    expect(inB.socket.sent).toEqual([';default;b;chat;0;0;hi']);
    expect(inBoth.socket.sent).toEqual([';default;a;chat;0;0;hi']);
    expect(inNone.socket.sent).toEqual([]);
  });

  it('gives a stalled reader 1013, and every other one all messages', async () => {
    const t = testServer(namespaces);
    const readers = await Promise.all(Array.from({ length: 3 }, () => member(t)));
    const stalled = await member(t, { id: 'stalled' });
    stalled.socket.isStalled = true;
    const body = 'x'.repeat(10_000);

    for (let index = 0; index < 1_000; index++) t.server.in('default').broadcast('tick', body);
    await settle();

    for (const { socket } of readers) expect(socket.sent).toHaveLength(1_000);
    expect(stalled.socket.closedWith).toEqual({ code: 1013, reason: 'too slow' });
    await expect(stalled.conn.closed).resolves.toEqual({ code: 1013, reason: 'too slow' });
    expect(t.server.local.size).toBe(3);
    expect(t.counters.get('outbox.overflowed')).toBe(1);
  });

  // 7 frames of 10,019 bytes are in the socket before it counts as full, and 22 more fit into the rest of 300,000 bytes.
  it.each([
    ['drop-newest', 'the first 29', numbers(0, 28)],
    ['drop-oldest', 'the first 7 and the last 22', [...numbers(0, 6), ...numbers(178, 199)]],
  ] as const)(
    "sends a stalled reader with slowReader '%s' %s of 200 messages, and every reply",
    async (slowReader, _, got) => {
      const limits = { maxOutboxBytes: 300_000, maxMessageBytes: 100_000 };
      const t = testServer({ default: { ping: () => 'pong' } }, { slowReader, limits });
      const { socket } = await member(t);
      socket.isStalled = true;

      for (const index of numbers(0, 199)) t.server.in('default').broadcast('tick', String(index).padEnd(10_000, '.'));
      socket.receive('$9;default;;ping;0;0;');
      socket.unstall();

      const ticks = socket.texts.filter((frame) => frame.startsWith(TICK));
      expect(ticks.map((frame) => Number.parseInt(frame.slice(TICK.length), 10))).toEqual(got);
      expect(socket.texts.at(-1)).toBe('$9;default;;ping;0;0;pong');
      expect(t.counters.get('outbox.dropped')).toBe(171);
      expect(socket.closedWith).toBeUndefined();
    },
  );

  it('ends a reader whose outbox has overflowed at once, and its session with the socket', async () => {
    const left: string[] = [];
    const t = testServer({ default: { onRoomLeft: (msg) => void left.push(msg.room) } });
    const socket = new HeldSocket();
    const conn = arrive(t, socket);
    socket.receive('M');
    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await settle();
    socket.receive('$2;default;lobby;_OnRoomJoin;0;0;');
    await settle();

    for (let index = 0; index < 10; index++) t.server.in('default').broadcast('tick', 'x'.repeat(1_000_000));
    await settle();
    const sent = socket.sent.length;
    t.server.in('default').broadcast('tick', 'late');

    expect(await conn?.closed).toEqual({ code: 1013, reason: 'too slow' });
    expect(left).toEqual(['lobby']);
    expect(socket.sent).toHaveLength(sent);
    let isOver = false;
    const closing = t.server.close({ graceMs: 500 }).then(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    t.clock.advanceMs(500);
    await closing;
    expect(socket.isTerminated).toBe(true);
  });

  it('refuses what is larger than maxMessageBytes, also where nobody would get it', () => {
    const t = testServer(namespaces, { limits: { maxMessageBytes: 100 } });

    expect(() => t.server.in('default').broadcast('chat', 'x'.repeat(100))).toThrow(
      /^MESSAGE_TOO_LARGE.*100 are allowed/,
    );
    expect(t.counters.get('broadcasts.delivered')).toBe(0);
  });

  it('refuses names of the protocol, and bodies that cannot be sent', () => {
    const { server } = testServer(namespaces);

    expect(() => server.in('default').broadcast('_OnRoomJoin')).toThrow(/^EVENT_RESERVED/);
    expect(() => server.in('default').broadcast('chat', () => {})).toThrow(/^BODY_NOT_SENDABLE/);
  });

  it('never forwards a wait token: an asked message that is broadcast leaves with an empty one', async () => {
    const t = testServer({
      default: {
        chat: (msg, ns) => {
          ns.broadcast(msg.event, msg.body);
          t.server.broadcast(ns, { ...msg, namespace: 'default', room: '', event: msg.event, body: msg.body });
        },
      },
    });
    const sender = await member(t);
    const other = await member(t);

    sender.socket.receive('$77;default;;chat;0;0;with wait');

    expect(sender.socket.sent).toEqual([';default;;chat;0;0;with wait', '$77;;;;;;']);
    expect(other.socket.sent).toEqual([';default;;chat;0;0;with wait']);
  });
});
