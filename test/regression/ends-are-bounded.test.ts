import { describe, expect, it } from 'vitest';
import { settle, testServer } from '../support/test-server.js';

const hang = (): Promise<void> => new Promise(() => {});

describe('the end of a connection', () => {
  it('takes one handlerTimeoutMs in all, however many rooms have handlers that hang', async () => {
    const t = testServer({ a: { onRoomLeave: hang, onRoomLeft: hang, onNamespaceDisconnect: hang } });
    const { conn, socket } = t.accept({ hello: true });
    const rooms = Array.from({ length: 30 }, (_, index) => `$${index + 2};a;r${index};_OnRoomJoin;0;0;`);
    socket.receive('$1;a;;_OnNamespaceConnect;0;0;', ...rooms);
    await settle();
    let isClosed = false;
    void conn.closed.then(() => {
      isClosed = true;
    });

    socket.receiveClose();
    await settle();
    t.clock.advanceMs(29_999);
    await settle();
    expect(isClosed).toBe(false);
    t.clock.advanceMs(1);
    await settle();

    expect(isClosed).toBe(true);
    expect(t.server.local.rooms('a')).toEqual([]);
    expect(t.log.lines.filter(({ message }) => message.includes('not all that ended'))).toHaveLength(1);
  });

  it('does not hold back server.close() for longer than timeoutMs', async () => {
    const t = testServer({ a: { work: hang } });
    const { socket } = t.accept({ hello: true });
    socket.receive('$1;a;;_OnNamespaceConnect;0;0;', ';a;;work;0;0;');
    await settle();

    const closing = t.server.close({ timeoutMs: 1_000 });
    await settle();
    t.clock.advanceMs(1_000);
    await closing;

    expect(t.log.lines.some(({ message }) => message === 'closed before all handlers had ended')).toBe(true);
  });
});

describe('msg.signal', () => {
  it('leaves nothing at the connection once its handler has ended', async () => {
    const added: string[] = [];
    const t = testServer({ a: { e: (msg) => void msg.signal, later: async (msg) => void msg.signal } });
    const { conn, socket } = t.accept({ hello: true });
    const { signal } = conn;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = ((...args: Parameters<typeof add>) => {
      added.push('+');
      add(...args);
    }) as typeof add;
    signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
      added.push('-');
      remove(...args);
    }) as typeof remove;
    socket.receive('$1;a;;_OnNamespaceConnect;0;0;');
    await settle();
    for (let index = 0; index < 100; index++) socket.receive(';a;;e;0;0;', ';a;;later;0;0;');
    for (let turn = 0; turn < 5; turn++) await settle();

    expect(added.filter((sign) => sign === '+')).toHaveLength(200);
    expect(added.filter((sign) => sign === '-')).toHaveLength(200);
  });
});

describe('a promise of an ask that nobody looks at', () => {
  it('does not end the process when the other side lets it fail', async () => {
    const stray: unknown[] = [];
    const note = (error: unknown): void => void stray.push(error);
    process.on('unhandledRejection', note);
    const t = testServer({
      a: {
        forgetful: (_, ns) => {
          ns.ask('x');
          ns.joinRoom('r');
          ns.conn.connect('nope');
          ns.conn.waitConnect('b');
        },
      },
      b: {},
    });
    const { socket } = t.accept({ hello: true });
    socket.receive('$1;a;;_OnNamespaceConnect;0;0;', ';a;;forgetful;0;0;');
    await settle();
    socket.receiveClose();
    await settle();
    process.off('unhandledRejection', note);

    expect(stray).toEqual([]);
  });
});
