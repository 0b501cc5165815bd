import { describe, expect, it } from 'vitest';
import { NATIVE_MESSAGE } from '../../src/protocol/event-names.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, guardRejections, openEnd } from './ends.js';

guardRejections();

const CONNECT = ';_OnNamespaceConnect;0;0;';

describe('emit', () => {
  it.each([
    ['EVENT_RESERVED', '_OnRoomJoined'],
    ['EVENT_RESERVED', '_OnAnything'],
    ['NAME_TOO_LONG', 'x'.repeat(129)],
    ['NAME_TOO_LONG', 'ü'.repeat(65)],
    ['NAME_NOT_ENCODABLE', 'a@%!semicolon@%!b'],
  ])('throws %s for an event that would not arrive, %j', async (code, event) => {
    const { ns, socket } = await connectedEnd('server', { default: { e() {} } });

    expect(() => ns.emit(event, '')).toThrow(expect.objectContaining({ code }));
    expect(socket.sent).toEqual([]);
  });

  it('escapes semicolons in the name of the event, and sends names of 128 bytes', async () => {
    const { ns, socket } = await connectedEnd('server', { default: { e() {} } });

    ns.emit('a;b', 'c;d');
    ns.emit('ü'.repeat(64));

    expect(socket.sent).toEqual([';default;;a@%!semicolon@%!b;0;0;c;d', `;default;;${'ü'.repeat(64)};0;0;`]);
  });

  it('throws MESSAGE_TOO_LARGE with its size when a message has one byte more than maxMessageBytes', async () => {
    const { ns, socket } = await connectedEnd('server', { default: { e() {} } }, { limits: { maxMessageBytes: 100 } });
    const header = ';default;;e;0;0;'.length;

    ns.emit('e', 'x'.repeat(100 - header));
    ns.emit('e', new Uint8Array(100 - header));
    for (const body of ['é'.repeat((102 - header) / 2), new Uint8Array(102 - header)]) {
      expect(() => ns.emit('e', body)).toThrow(
        expect.objectContaining({
          code: 'MESSAGE_TOO_LARGE',
          details: { event: 'e', bytes: 102, maxMessageBytes: 100 },
        }),
      );
    }

    expect(socket.sent).toHaveLength(2);
  });

  it('sends NATIVE_MESSAGE as its bare body', async () => {
    const { ns, socket } = await connectedEnd('server', { default: { e() {} } });

    ns.emit(NATIVE_MESSAGE, 'bare');

    expect(socket.sent).toEqual(['bare']);
  });
});

describe('connectGapMs', () => {
  const welcoming = { onNamespaceConnected: (_: unknown, ns: { emit(event: string): void }) => ns.emit('welcome') };

  it('lets nothing follow the acknowledgement for that long, and keeps the order afterwards', async () => {
    const { socket, clock, conn } = openEnd('server', { a: welcoming }, { connectGapMs: 20 });

    socket.receive(`$1;a;${CONNECT}`);
    await settle();
    conn.namespace('a')?.emit('second');
    clock.advanceMs(19);
    expect(socket.sent).toEqual(['$1;;;;;;']);
    clock.advanceMs(1);
    conn.namespace('a')?.emit('third');

    expect(socket.sent.slice(1)).toEqual([';a;;welcome;0;0;', ';a;;second;0;0;', ';a;;third;0;0;']);
    expect(clock.timers).toBe(0);
  });

  it('is kept for a namespace that is acknowledged within the gap of another', async () => {
    const { socket, clock } = openEnd('server', { a: welcoming, b: welcoming }, { connectGapMs: 20 });

    socket.receive(`$1;a;${CONNECT}`);
    await settle();
    socket.receive(`$2;b;${CONNECT}`);
    await settle();
    clock.advanceMs(20);
    expect(socket.sent).toEqual(['$1;;;;;;', ';a;;welcome;0;0;', '$2;;;;;;']);
    clock.advanceMs(20);

    expect(socket.sent.slice(3)).toEqual([';b;;welcome;0;0;']);
  });

  it('ends with close, which sends all that is held back first', async () => {
    const { socket, clock, conn, history } = openEnd('server', { a: welcoming, b: welcoming }, { connectGapMs: 20 });
    socket.receive(`$1;a;${CONNECT}`);
    await settle();
    socket.receive(`$2;b;${CONNECT}`);
    await settle();

    conn.close();

    expect(history.slice(2)).toEqual([
      `> $2;b;${CONNECT}`,
      '< ;a;;welcome;0;0;',
      '< $2;;;;;;',
      '< ;b;;welcome;0;0;',
      'close 1000',
    ]);
    expect(clock.timers).toBe(0);
  });

  it('leaves no timer and nothing held back when the other side closes', async () => {
    const { socket, clock } = openEnd('server', { a: welcoming }, { connectGapMs: 20 });
    socket.receive(`$1;a;${CONNECT}`);
    await settle();

    socket.receiveClose();
    await settle();

    expect([clock.timers, socket.sent]).toEqual([0, ['$1;;;;;;']]);
  });
});
