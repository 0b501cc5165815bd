import { describe, expect, it } from 'vitest';
import { readEventMaps } from '../../src/core/event-maps.js';
import { HandlerQueue } from '../../src/core/handler-queue.js';
import type { ConnSettings } from '../../src/core/settings.js';
import { buildTable } from '../../src/core/table-builder.js';
import type { NSConn } from '../../src/ports/conn.js';
import type { Message } from '../../src/ports/message.js';
import type { Concurrency } from '../../src/ports/namespace-options.js';
import { DEFAULT_CONN_LIMITS } from '../../src/protocol/limits.js';
import { NeffosWire } from '../../src/protocol/wires.js';
import { Server } from '../../src/server/server.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemorySocket } from '../support/memory-socket.js';
import { settle, silentLog } from '../support/test-server.js';
import { connectedEnd, deferred } from './ends.js';

/** Two namespaces whose handlers end when they are told to, on one connection. */
async function twoNamespaces(own: Record<string, Concurrency>, limits: { maxRunningHandlers?: number } = {}) {
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const handlers = {
    work: async (msg: { namespace: string; body: unknown }) => {
      const name = `${msg.namespace}${String(msg.body)}`;
      log.push(`begin ${name}`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      log.push(`end ${name}`);
    },
    onRoomJoined: (msg: { room: string }) => void log.push(`joined ${msg.room}`),
    onNamespaceDisconnect: () => void log.push('disconnect'),
  };
  const maps = ['a', 'b'].map((name) => ({ name, concurrency: own[name] }));
  const parts = maps.flatMap(({ name, concurrency }) =>
    readEventMaps({ [name]: handlers }, { behaviour: concurrency === undefined ? {} : { concurrency } }),
  );
  const table = buildTable(parts);
  const wire = (names: ConstructorParameters<typeof NeffosWire>[0] | object): NeffosWire =>
    new NeffosWire({ ...(names as ConstructorParameters<typeof NeffosWire>[0]), allowNative: false });
  const server = new Server({ table, wire, log: silentLog, scheduler: new ManualClock(), limits });
  const socket = new MemorySocket();
  const arrival = { id: 'id', request: {} as never, user: undefined, log: silentLog, address: '', reconnectTries: 0 };
  server.accept(socket, arrival);
  socket.receive('M', '$1;a;;_OnNamespaceConnect;0;0;', '$2;b;;_OnNamespaceConnect;0;0;');
  await settle();
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await settle();
  };
  return { log, socket, end };
}

describe('concurrency', () => {
  it("is 'serial', the order of arrival over all namespaces of a connection, unless a namespace says otherwise", async () => {
    const { log, socket, end } = await twoNamespaces({});
    socket.receive(';a;;work;0;0;1', ';b;;work;0;0;1');
    await settle();
    expect(log).toEqual(['begin a1']);
    await end('a1');
    expect(log).toEqual(['begin a1', 'end a1', 'begin b1']);
  });

  it('of 1 is a queue of its own: others go on, its own messages wait', async () => {
    const { log, socket } = await twoNamespaces({ a: 1 });
    socket.receive(';a;;work;0;0;1', ';a;;work;0;0;2', ';b;;work;0;0;1', ';b;;work;0;0;2');
    await settle();
    expect(log).toEqual(['begin a1', 'begin b1']);
  });

  it('of 2 handles two messages at a time, which begin in order of arrival', async () => {
    const { log, socket, end } = await twoNamespaces({ a: 2 });
    socket.receive(';a;;work;0;0;1', ';a;;work;0;0;2', ';a;;work;0;0;3', ';b;;work;0;0;1', ';a;;work;0;0;4');
    await settle();
    expect(log).toEqual(['begin a1', 'begin a2', 'begin b1']);
    await end('a2');
    expect(log.slice(3)).toEqual(['end a2', 'begin a3']);
    await end('b1');
    await end('a1');
    expect(log.slice(5)).toEqual(['end b1', 'end a1', 'begin a4']);
  });

  it('of a number takes no more than maxRunningHandlers', async () => {
    const { log, socket } = await twoNamespaces({ a: 3 }, { maxRunningHandlers: 2 });
    socket.receive(';a;;work;0;0;1', ';a;;work;0;0;2', ';a;;work;0;0;3');
    await settle();
    expect(log).toEqual(['begin a1', 'begin a2']);
  });

  it("'parallel' handles all messages at a time, up to maxRunningHandlers", async () => {
    const { log, socket, end } = await twoNamespaces({ a: 'parallel' }, { maxRunningHandlers: 2 });
    socket.receive(';a;;work;0;0;1', ';a;;work;0;0;2', ';a;;work;0;0;3');
    await settle();
    expect(log).toEqual(['begin a1', 'begin a2']);
    await end('a2');
    expect(log.slice(2)).toEqual(['end a2', 'begin a3']);
  });

  it.each(['parallel', 3] as const)('of %s lets nothing overtake a join, and a disconnect waits', async (own) => {
    const { log, socket, end } = await twoNamespaces({ a: own });
    socket.receive(';a;;work;0;0;1', '$3;a;r;_OnRoomJoin;0;0;', ';a;r;work;0;0;2');
    socket.receive('$4;a;;_OnNamespaceDisconnect;0;0;', ';a;;work;0;0;3');
    await settle();
    expect(log).toEqual(['begin a1', 'joined r', 'begin a2']);
    await end('a1');
    expect(log.slice(3)).toEqual(['end a1']);
    await end('a2');
    expect(log.slice(4)).toEqual(['end a2', 'disconnect']);
    expect(socket.sent.slice(-2)).toEqual(['$3;;;;;;', '$4;;;;;;']);
  });
});

describe('concurrency of 2, while a handler waits for an ask of its own', () => {
  it('lets asks of the other side pass beyond it, and keeps emits to it', async () => {
    const gates = [deferred(), deferred()];
    const handled: string[] = [];
    const handlers = {
      outer: async (_: unknown, ns: NSConn) => `got ${String((await ns.ask('inner')).body)}`,
      work: async (msg: Message) => {
        handled.push(`work ${String(msg.body)}`);
        await gates[Number(msg.body)]?.promise;
      },
      name: () => 'server',
    };
    const table = buildTable(readEventMaps({ default: handlers }, { behaviour: { concurrency: 2 } }));
    const { socket } = await connectedEnd('server', {}, { table });

    socket.receive('$1;default;;outer;0;0;', ';default;;work;0;0;0', ';default;;work;0;0;1', '$2;default;;name;0;0;');
    await settle();
    expect([handled, socket.sent]).toEqual([['work 0'], ['n1;default;;inner;0;0;', '$2;default;;name;0;0;server']]);
    socket.receive('n1;default;;inner;0;0;x');
    await settle();

    expect([handled, socket.sent.at(-1)]).toEqual([['work 0', 'work 1'], '$1;default;;outer;0;0;got x']);
    for (const gate of gates) gate.resolve();
  });
});

describe('what waits while nothing may run', () => {
  it('is looked at once when it arrives, and not with all that waits before it', () => {
    let looks = 0;
    const queue = new HandlerQueue(settingsOf({}), {
      handle: () => new Promise(() => {}),
      mayPass: () => false,
      pendingAsks: () => {
        looks += 1;
        return 1;
      },
      pause: () => {},
      resume: () => {},
    });
    const push = (wait: string): void => {
      const message = {
        wait,
        namespace: 'a',
        room: '',
        event: 'e',
        isError: false,
        isNoOp: false,
        binary: false,
        body: '',
      };
      queue.push({ kind: 'message', message }, 10);
    };
    push('');
    for (let index = 0; index < 1_000; index++) push('');

    expect(looks).toBeLessThan(10_000);
  });
});

/** The settings that a queue looks at. */
function settingsOf(limits: Partial<ConnSettings['limits']>): ConnSettings {
  const settings: Pick<ConnSettings, 'limits' | 'table' | 'scheduler'> = {
    limits: { ...DEFAULT_CONN_LIMITS, ...limits },
    table: new Map(),
    scheduler: new ManualClock(),
  };
  return settings as ConnSettings;
}
