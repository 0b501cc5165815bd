import { describe, expect, it } from 'vitest';
import { buildTable } from '../../src/core/table-builder.js';
import { CloseError, PublicError } from '../../src/errors.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, end, guardRejections, openEnd, recording } from './ends.js';

guardRejections();

const CONNECT = ';default;;_OnNamespaceConnect;0;0;';
const REFUSED = ';default;;_OnNamespaceConnect;1;0;';
const recorded = (history: string[]) => ({ default: recording(history) });

describe('connecting a namespace', () => {
  describe.each(['server', 'client'] as const)('that the other side asks a %s for', (side) => {
    const wait = side === 'server' ? '$1' : 'n1';

    it('runs OnNamespaceConnect, acknowledges, then runs OnNamespaceConnected', async () => {
      const { socket, history, conn } = openEnd(side, recorded);

      socket.receive(wait + CONNECT);
      await settle();

      expect(history).toEqual([`> ${wait}${CONNECT}`, 'OnNamespaceConnect', `< ${wait};;;;;;`, 'OnNamespaceConnected']);
      expect(conn.namespaces.map(({ namespace }) => namespace)).toEqual(['default']);
    });

    it('only acknowledges what is connected already', async () => {
      const { socket, history } = await connectedEnd(side, recorded);

      socket.receive(wait + CONNECT);
      await settle();

      expect(history).toEqual([`> ${wait}${CONNECT}`, `< ${wait};;;;;;`]);
    });

    it('answers the public text when OnNamespaceConnect refuses, and keeps nothing', async () => {
      const { socket, history, conn } = openEnd(side, {
        default: {
          onNamespaceConnect() {
            throw new PublicError('not allowed');
          },
        },
      });

      socket.receive(wait + CONNECT);
      await settle();

      expect(history.slice(1)).toEqual([`< ${wait}${REFUSED}not allowed`]);
      expect(conn.namespaces).toEqual([]);
      expect(conn.opening.size).toBe(0);
    });

    it('answers "bad namespace" for one that nothing serves, and allocates nothing for its name', () => {
      const { socket, history, conn } = openEnd(side, recorded);

      socket.receive(`${wait};nope;;_OnNamespaceConnect;0;0;`, `${wait};__proto__;;_OnNamespaceConnect;0;0;`);

      expect([conn.connected.size, conn.opening.size]).toEqual([0, 0]);
      return settle().then(() =>
        expect(history.slice(2)).toEqual([
          `< ${wait};nope;;_OnNamespaceConnect;1;0;bad namespace`,
          `< ${wait};__proto__;;_OnNamespaceConnect;1;0;bad namespace`,
        ]),
      );
    });
  });

  it('gives the body of the request to both events, and neither is local', async () => {
    const seen: unknown[] = [];
    const see = (msg: { event: string; body: unknown; isLocal: boolean }): void =>
      void seen.push([msg.event, msg.body, msg.isLocal]);
    const { socket } = openEnd('server', { default: { onNamespaceConnect: see, onNamespaceConnected: see } });

    socket.receive(`$1${CONNECT}token;1`);
    await settle();

    expect(seen).toEqual([
      ['_OnNamespaceConnect', 'token;1', false],
      ['_OnNamespaceConnected', 'token;1', false],
    ]);
  });

  it('ignores a request without a wait token, and one that is a no-op', async () => {
    const { socket, history, counters } = openEnd('server', recorded);

    socket.receive(CONNECT, '$1;default;;_OnNamespaceConnect;0;1;');
    await settle();

    expect(history.filter((line) => !line.startsWith('>'))).toEqual([]);
    expect(counters.get('frames.unwanted')).toBe(2);
  });

  it('is refused by an error that OnNamespaceConnect returns, as by one that it throws', async () => {
    const { socket } = openEnd('server', { default: { onNamespaceConnect: () => new PublicError('full') } });

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(socket.sent).toEqual([`$1${REFUSED}full`]);
  });

  it('lets an emit of OnNamespaceConnect fail with EMIT_TOO_EARLY, and refuses with an internal error', async () => {
    const { socket, errors } = openEnd('server', { default: { onNamespaceConnect: (_, ns) => ns.emit('hi') } });

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(socket.sent).toEqual([`$1${REFUSED}internal error 1`]);
    expect(errors).toMatchObject([{ error: { code: 'EMIT_TOO_EARLY' }, event: '_OnNamespaceConnect', id: '1' }]);
  });

  it('sends what OnNamespaceConnected emits after the acknowledgement', async () => {
    const { socket } = openEnd('server', { default: { onNamespaceConnected: (_, ns) => ns.emit('chat', 'welcome') } });

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(socket.sent).toEqual(['$1;;;;;;', ';default;;chat;0;0;welcome']);
  });

  it('stays connected when OnNamespaceConnected throws, and reports it', async () => {
    const { conn, socket, errors } = openEnd('server', {
      default: {
        onNamespaceConnected() {
          throw new Error('late');
        },
      },
    });

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(conn.namespaces).toHaveLength(1);
    expect(socket.sent).toEqual(['$1;;;;;;']);
    expect(errors).toMatchObject([{ error: { message: 'late' }, event: '_OnNamespaceConnected' }]);
  });

  it('closes after the acknowledgement when OnNamespaceConnected throws a CloseError, which is no failure', async () => {
    const { socket, errors } = openEnd('server', {
      default: {
        onNamespaceConnected() {
          throw new CloseError(4001, 'once is enough');
        },
      },
    });

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(socket.closedWith).toEqual({ code: 4001, reason: 'once is enough' });
    expect(errors).toEqual([]);
  });

  it('refuses one more than maxNamespaces, whoever asks, with "too many namespaces"', async () => {
    const { conn, socket } = openEnd('server', { a: { e() {} }, b: { e() {} } }, { limits: { maxNamespaces: 1 } });

    socket.receive('$1;a;;_OnNamespaceConnect;0;0;');
    await settle();
    socket.receive('$2;b;;_OnNamespaceConnect;0;0;');
    await settle();

    expect(socket.texts[1]).toBe('$2;b;;_OnNamespaceConnect;1;0;too many namespaces');
    await expect(conn.connect('b')).rejects.toMatchObject({ code: 'TOO_MANY_NAMESPACES' });
  });

  it('answers in the turn of the request where nothing takes time, also with a controller to be made', () => {
    const handled: unknown[] = [];
    const table = buildTable([
      {
        namespace: 'default',
        owner: 'a test',
        members: [{ origin: 'chat', hears: ['chat'], run: (msg, _, scope) => void handled.push([msg.body, scope]) }],
        open: () => 'made',
      },
    ]);
    const { conn, socket } = openEnd('server', {}, { table });

    socket.receive(
      '$1;default;;_OnNamespaceConnect;0;0;',
      ';default;;chat;0;0;hi',
      '$2;default;;_OnNamespaceConnect;0;0;',
    );

    expect(socket.sent).toEqual(['$1;;;;;;', '$2;;;;;;']);
    expect(handled).toEqual([['hi', 'made']]);
    expect(conn.namespaces).toHaveLength(1);
  });

  it('takes back what was made for a connection that its maker has closed', async () => {
    const closed: unknown[] = [];
    const table = buildTable([
      {
        namespace: 'default',
        owner: 'a test',
        members: [],
        open: (ns) => {
          ns.conn.close();
          return 'made';
        },
        close: (scope) => void closed.push(scope),
      },
    ]);
    const { conn, socket, errors } = openEnd('server', {}, { table });

    socket.receive('$1;default;;_OnNamespaceConnect;0;0;');
    await conn.closed;

    expect(closed).toEqual(['made']);
    expect([conn.namespaces, errors]).toEqual([[], []]);
  });

  it('handles a frame that comes in one segment with the request after OnNamespaceConnected', async () => {
    const { socket, history } = openEnd('server', (list) => ({
      default: recording(list, {
        onNamespaceConnected: settle,
        chat: (msg) => void list.push(`chat ${msg.body}`),
      }),
    }));

    socket.receive(`$1${CONNECT}`, ';default;;chat;0;0;first');
    await settle();
    await settle();

    expect(history.slice(2)).toEqual(['OnNamespaceConnect', '< $1;;;;;;', 'OnNamespaceConnected', 'chat first']);
  });

  describe('from here', () => {
    describe.each([
      ['server', 'n1'],
      ['client', '$1'],
    ] as const)('on a %s', (side, wait) => {
      it('runs OnNamespaceConnect, asks, and runs OnNamespaceConnected on the acknowledgement', async () => {
        const { conn, socket, history } = openEnd(side, recorded);

        const connecting = conn.connect('default');
        await settle();
        expect(history).toEqual(['OnNamespaceConnect local', `< ${wait}${CONNECT}`]);
        expect(conn.namespaces).toEqual([]);
        socket.receive(`${wait};;;;;;`);

        expect(await connecting).toBe(conn.namespace('default'));
        expect(history.slice(2)).toEqual([`> ${wait};;;;;;`, 'OnNamespaceConnected local']);
        expect([conn.asks.size, conn.opening.size]).toEqual([0, 0]);
      });

      it('sends nothing when its own OnNamespaceConnect throws, and rejects with what it threw', async () => {
        const refusal = new PublicError('not yet');
        const { conn, history, hub } = openEnd(side, {
          default: { onNamespaceConnect: () => Promise.reject(refusal) },
        });

        await expect(conn.connect('default')).rejects.toBe(refusal);

        expect(history).toEqual([]);
        expect(hub.calls).toEqual([]);
        expect(conn.opening.size).toBe(0);
      });

      it('rejects with the refusal of the other side, and keeps nothing', async () => {
        const { conn, socket, history } = openEnd(side, recorded);

        const connecting = conn.connect('default');
        await settle();
        socket.receive(`${wait}${REFUSED}bad namespace`);

        await expect(connecting).rejects.toMatchObject({ code: 'NAMESPACE_UNKNOWN', text: 'bad namespace' });
        expect(history).not.toContain('OnNamespaceConnected local');
        expect([conn.connected.size, conn.opening.size, conn.asks.size]).toEqual([0, 0, 0]);
      });
    });

    it('gives what is connected already, without traffic', async () => {
      const { conn, ns, history } = await connectedEnd('server', recorded);

      expect(await conn.connect('default')).toBe(ns);
      expect(history).toEqual([]);
    });

    it('rejects with NAMESPACE_UNKNOWN, without traffic, when nothing here serves it', async () => {
      const { conn, history } = openEnd('client', recorded);

      await expect(conn.connect('chta')).rejects.toMatchObject({
        code: 'NAMESPACE_UNKNOWN',
        details: { namespace: 'chta', served: ['default'] },
      });
      expect(history).toEqual([]);
    });

    it.each([
      ['NAME_TOO_LONG', 'x'.repeat(129)],
      ['NAME_NOT_ENCODABLE', 'a@%!semicolon@%!b'],
    ])('rejects with %s, without traffic, for a name that would not arrive', async (code, name) => {
      const { conn, history } = openEnd('client', { [name]: { e() {} } });

      await expect(conn.connect(name)).rejects.toMatchObject({ code });
      expect(history).toEqual([]);
    });

    it('connects once for those who ask at the same time', async () => {
      const { conn, socket, history } = openEnd('client', recorded);

      const all = Promise.all([conn.connect('default'), conn.connect('default'), conn.connect('default')]);
      await settle();
      socket.receive('$1;;;;;;');

      const [first, ...others] = await all;
      expect(others).toEqual([first, first]);
      expect(history).toEqual([
        'OnNamespaceConnect local',
        `< $1${CONNECT}`,
        '> $1;;;;;;',
        'OnNamespaceConnected local',
      ]);
    });

    it('rejects all who ask at the same time when it fails, and tries anew for the next', async () => {
      const { conn, socket } = openEnd('client', recorded);

      const both = Promise.allSettled([conn.connect('default'), conn.connect('default')]);
      await settle();
      socket.receive(`$1${REFUSED}no`);
      expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      const again = conn.connect('default');
      await settle();
      socket.receive('$2;;;;;;');

      expect((await again).namespace).toBe('default');
    });

    it('holds frames that follow the acknowledgement until OnNamespaceConnected has run', async () => {
      const { conn, socket, history } = openEnd('client', (list) => ({
        default: recording(list, { onNamespaceConnected: settle, chat: (msg) => void list.push(`chat ${msg.body}`) }),
        other: { chat: () => void list.push('other') },
      }));
      socket.receive('n8;other;;_OnNamespaceConnect;0;0;');
      await settle();
      history.length = 0;
      const connecting = conn.connect('default');
      await settle();

      socket.receive('$1;;;;;;', ';other;;chat;0;0;', ';default;;chat;0;0;at once', 'n9;default;;chat;0;0;asked');
      await connecting;
      await settle();

      expect(history.slice(6)).toEqual([
        'OnNamespaceConnected local',
        'other',
        'chat at once',
        'chat asked',
        '< n9;;;;;;',
      ]);
    });

    it('holds them for the second namespace as for the first', async () => {
      const { conn, socket, history } = await connectedEnd('client', (list) => ({
        default: { e() {} },
        second: { onNamespaceConnected: settle, chat: (msg) => void list.push(`chat ${msg.body}`) },
      }));
      const connecting = conn.connect('second');
      await settle();

      socket.receive('$1;;;;;;', ';second;;chat;0;0;1');
      await connecting;
      await settle();

      expect(history.slice(-1)).toEqual(['chat 1']);
    });

    it('answers what the other side asks because of an ask of OnNamespaceConnected', async () => {
      const { conn, socket, history } = openEnd('server', {
        default: { onNamespaceConnected: (_, ns) => ns.ask('who').then(() => {}), name: () => 'server' },
      });
      const connecting = conn.connect('default');
      await settle();
      socket.receive('n1;;;;;;');
      await settle();

      socket.receive('$1;default;;name;0;0;');
      await settle();
      expect(history.slice(-1)).toEqual(['< $1;default;;name;0;0;server']);
      socket.receive('n2;default;;who;0;0;me');

      expect((await connecting).namespace).toBe('default');
    });

    it('rejects with ASK_TIMEOUT timeoutMs after the request, and forgets the namespace', async () => {
      const { conn, clock, hub } = openEnd('server', recorded);
      const connecting = conn.connect('default', { timeoutMs: 200 });
      await settle();

      clock.advanceMs(199);
      expect(conn.asks.size).toBe(1);
      clock.advanceMs(1);

      await expect(connecting).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { timeoutMs: 200 } });
      expect(hub.calls).toEqual(['enter default', 'abandon default']);
      expect([conn.opening.size, clock.timers]).toEqual([0, 0]);
    });

    it('rejects with ASK_TIMEOUT while a client does not say hello, too', async () => {
      const { conn, clock } = end('server', recorded);
      const connecting = conn.connect('default', { timeoutMs: 200 });

      clock.advanceMs(200);

      await expect(connecting).rejects.toMatchObject({ code: 'ASK_TIMEOUT', details: { timeoutMs: 200 } });
      expect(conn.isClosed).toBe(false);
    });

    it('rejects with ASK_ABORTED when its signal aborts before the hello, or after the request', async () => {
      const { conn, socket } = end('server', recorded);
      const early = new AbortController();
      const late = new AbortController();

      const first = conn.connect('default', { signal: early.signal });
      early.abort('changed my mind');
      await expect(first).rejects.toMatchObject({ code: 'ASK_ABORTED', cause: 'changed my mind' });
      socket.receive('M');
      const second = conn.connect('default', { signal: late.signal });
      await settle();
      late.abort();

      await expect(second).rejects.toMatchObject({ code: 'ASK_ABORTED' });
      expect([conn.connected.size, conn.opening.size]).toEqual([0, 0]);
    });

    it('rejects with CONN_CLOSED on a connection that has closed', async () => {
      const { conn, history } = openEnd('server', recorded);
      conn.close();

      await expect(conn.connect('default')).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 1000 } });
      expect(history).toEqual(['close 1000']);
    });
  });

  it('refuses when the hub does not admit it, and tells nobody why', async () => {
    const { socket, hub, errors } = openEnd('server', recorded);
    hub.onEnter = () => Promise.reject(new Error('broker down'));

    socket.receive(`$1${CONNECT}`);
    await settle();

    expect(socket.sent).toEqual([`$1${REFUSED}internal error 1`]);
    expect(errors).toMatchObject([{ error: { message: 'broker down' }, id: '1' }]);
    expect(hub.calls).toEqual(['enter default']);
  });
});
