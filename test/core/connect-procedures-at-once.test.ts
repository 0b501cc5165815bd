import { describe, expect, it } from 'vitest';
import { PublicError } from '../../src/errors.js';
import { settle, testServer } from '../support/test-server.js';
import { connectedEnd, deferred, guardRejections, openEnd, recording } from './ends.js';

guardRejections();

const CONNECT = ';default;;_OnNamespaceConnect;0;0;';
const REFUSED = ';default;;_OnNamespaceConnect;1;0;';
const recorded = (history: string[]) => ({ default: recording(history) });

describe('connecting a namespace', () => {
  describe('from both sides at the same moment', () => {
    it('runs the events once and is connected for both', async () => {
      const { conn, socket, history } = openEnd('server', recorded);

      const connecting = conn.connect('default');
      await settle();
      socket.receive(`$1${CONNECT}`, 'n1;;;;;;');

      expect(await connecting).toBe(conn.namespace('default'));
      await settle();
      expect(history).toEqual([
        'OnNamespaceConnect local',
        `< n1${CONNECT}`,
        `> $1${CONNECT}`,
        '> n1;;;;;;',
        'OnNamespaceConnected local',
        '< $1;;;;;;',
      ]);
    });

    it('waits with a request that comes while its own OnNamespaceConnect runs, and answers with its outcome', async () => {
      const gate = deferred();
      const { conn, socket, history } = openEnd('server', (list) => ({
        default: recording(list, { onNamespaceConnect: () => gate.promise }),
      }));

      const connecting = conn.connect('default');
      await settle();
      socket.receive(`$1${CONNECT}`);
      await settle();
      expect(history).toEqual(['OnNamespaceConnect local', `> $1${CONNECT}`]);
      gate.resolve();
      await settle();
      socket.receive('n1;;;;;;');
      await connecting;

      expect(history.slice(2)).toEqual([`< n1${CONNECT}`, '< $1;;;;;;', 'OnNamespaceConnected', '> n1;;;;;;']);
    });

    it('refuses both when that OnNamespaceConnect refuses', async () => {
      const gate = deferred();
      const { conn, socket } = openEnd('server', { default: { onNamespaceConnect: () => gate.promise } });

      const connecting = conn.connect('default');
      const failed = expect(connecting).rejects.toMatchObject({ message: 'closed today' });
      await settle();
      socket.receive(`$1${CONNECT}`);
      gate.reject(new PublicError('closed today'));
      await failed;
      await settle();

      expect(socket.sent).toEqual([`$1${REFUSED}closed today`]);
      expect(conn.connected.size).toBe(0);
    });

    it('stays connected when the other side refuses what it has asked for itself', async () => {
      const { conn, socket } = openEnd('server', recorded);

      const connecting = conn.connect('default');
      await settle();
      socket.receive(`$1${CONNECT}`);
      await settle();
      socket.receive(`n1${REFUSED}no`);

      expect(await connecting).toBe(conn.namespace('default'));
    });

    it('waits for what the other side is being admitted to when it is asked for from here', async () => {
      const gate = deferred();
      const { conn, socket, history } = openEnd('server', (list) => ({
        default: recording(list, { onNamespaceConnect: () => gate.promise }),
      }));

      socket.receive(`$1${CONNECT}`);
      const connecting = conn.connect('default');
      gate.resolve();

      expect((await connecting).namespace).toBe('default');
      await settle();
      expect(history.slice(1)).toEqual(['OnNamespaceConnect', '< $1;;;;;;', 'OnNamespaceConnected']);
    });

    it('runs the events once when the other side asks twice within an ask', async () => {
      const gate = deferred();
      const { socket, history } = await connectedEnd('server', (list) => ({
        default: { hello: (_, ns) => ns.ask('who').then(() => {}) },
        second: recording(list, { onNamespaceConnect: () => gate.promise }),
      }));

      socket.receive(';default;;hello;0;0;');
      await settle();
      socket.receive('$1;second;;_OnNamespaceConnect;0;0;', '$2;second;;_OnNamespaceConnect;0;0;');
      await settle();
      gate.resolve();
      await settle();

      expect(history.filter((line) => !line.startsWith('>')).slice(1)).toEqual([
        'OnNamespaceConnect',
        '< $1;;;;;;',
        'OnNamespaceConnected',
        '< $2;;;;;;',
      ]);
    });

    it('begins anew when the other side refuses and then asks by itself, in the same segment', async () => {
      const { conn, socket, hub } = openEnd('server', recorded);
      const refused = expect(conn.connect('default')).rejects.toMatchObject({ text: 'no' });
      await settle();

      socket.receive(`n1${REFUSED}no`, `$1${CONNECT}`);
      await refused;
      await settle();

      expect(socket.sent.slice(1)).toEqual(['$1;;;;;;']);
      expect(conn.namespaces).toHaveLength(1);
      expect(hub.calls).toEqual(['enter default', 'abandon default', 'enter default', 'connected default']);
    });

    it('begins anew for who asks while what was refused is still being let go', async () => {
      const gate = deferred();
      const close = (): Promise<void> => gate.promise;
      const part = { namespace: 'default', events: new Map(), lifecycle: new Map(), open: () => 'scope', close };
      const { conn, socket } = openEnd('server', {}, { table: new Map([['default', part]]) });
      const refused = expect(conn.connect('default')).rejects.toMatchObject({ text: 'no' });
      await settle();
      socket.receive(`n1${REFUSED}no`);
      await settle();

      socket.receive(`$1${CONNECT}`);
      const again = conn.connect('default');
      await settle();
      expect(socket.sent.at(-1)).toBe('$1;;;;;;');
      gate.resolve();
      await refused;

      expect(await again).toBe(conn.namespace('default'));
    });

    it('gives what the other side has connected, left and connected again before it acknowledges', async () => {
      const { conn, socket } = openEnd('server', recorded);
      const connecting = conn.connect('default');
      await settle();

      socket.receive(`$1${CONNECT}`, '$2;default;;_OnNamespaceDisconnect;0;0;', `$3${CONNECT}`);
      await settle();
      expect(socket.sent.slice(1)).toEqual(['$1;;;;;;', '$2;;;;;;', '$3;;;;;;']);
      socket.receive(`n1${REFUSED}too late`);

      expect(await connecting).toBe(conn.namespace('default'));
      expect([conn.connected.size, conn.opening.size]).toEqual([1, 0]);
    });

    it('ends both when the connection closes during OnNamespaceConnect, however long letting go takes', async () => {
      const [hook, disposal] = [deferred(), deferred()];
      const part = {
        namespace: 'second',
        events: new Map(),
        lifecycle: new Map([['_OnNamespaceConnect' as const, () => hook.promise]]),
        open: () => 'scope',
        close: () => disposal.promise,
      };
      const first = { ...part, namespace: 'default', lifecycle: new Map(), close: () => {} };
      const { conn, socket, ns } = await connectedEnd(
        'server',
        {},
        {
          table: new Map([
            ['default', first],
            ['second', part],
          ]),
        },
      );
      // The second request passes the first as an ask does while this side asks.
      const asking = ns.ask('who').catch(() => {});
      socket.receive('$1;second;;_OnNamespaceConnect;0;0;', '$2;second;;_OnNamespaceConnect;0;0;');
      await settle();

      socket.receiveClose();
      hook.resolve();
      await settle();
      disposal.resolve();

      expect(await conn.closed).toEqual({ code: 1000, reason: '' });
      await asking;
      expect([conn.connected.size, conn.opening.size]).toEqual([0, 0]);
    });

    it('keeps nothing when the other side has connected and disconnected before it acknowledges', async () => {
      const { conn, socket, hub } = openEnd('server', recorded);
      const connecting = conn.connect('default');
      const failed = expect(connecting).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
      await settle();
      socket.receive(`$1${CONNECT}`);
      await settle();
      socket.receive('$2;default;;_OnNamespaceDisconnect;0;0;');
      await settle();
      socket.receive('n1;;;;;;');
      await failed;

      expect(hub.calls).toEqual(['enter default', 'connected default', 'disconnected default']);
      expect([conn.connected.size, conn.opening.size]).toEqual([0, 0]);
    });

    it('connects two whole ends that ask each other', async () => {
      const heard: string[] = [];
      const hear = (who: string) => ({ default: { onNamespaceConnected: () => void heard.push(who) } });
      const { dial } = testServer(hear('server'));
      const { client, conn } = await dial(hear('client'));

      const [here, there] = await Promise.all([client.connect('default'), conn.connect('default')]);

      expect([here.namespace, there.namespace]).toEqual(['default', 'default']);
      expect(heard.sort()).toEqual(['client', 'server']);
    });
  });

  describe('while the connection closes', () => {
    it('undoes a connect whose OnNamespaceConnect ends after the close: no member, no acknowledgement', async () => {
      const gate = deferred();
      const { conn, socket, hub, history } = openEnd('server', (list) => ({
        default: recording(list, { onNamespaceConnect: () => gate.promise }),
      }));

      socket.receive(`$1${CONNECT}`);
      socket.receiveClose(1001);
      await settle();
      gate.resolve();

      expect(await conn.closed).toEqual({ code: 1001, reason: '' });
      expect(hub.members.size).toBe(0);
      expect(hub.calls).toEqual(['ended', 'enter default', 'abandon default']);
      expect(history.slice(1)).toEqual(['OnNamespaceConnect']);
    });

    it('undoes one that the hub admits after the close', async () => {
      const gate = deferred();
      const { conn, socket, hub } = openEnd('server', recorded);
      hub.onEnter = () => gate.promise;

      socket.receive(`$1${CONNECT}`);
      await settle();
      conn.close();
      gate.resolve();
      await conn.closed;

      expect(hub.calls).toEqual(['enter default', 'ended', 'abandon default']);
      expect(conn.connected.size).toBe(0);
    });

    it('rejects a connect from here with CONN_CLOSED, the code and the reason', async () => {
      const { conn, socket, hub } = openEnd('server', recorded);
      const connecting = conn.connect('default');
      await settle();

      socket.receiveClose(4002, 'gone');

      await expect(connecting).rejects.toMatchObject({ code: 'CONN_CLOSED', details: { code: 4002, reason: 'gone' } });
      expect(hub.calls).toEqual(['enter default', 'ended', 'abandon default']);
    });

    it('waits for OnNamespaceConnected before OnNamespaceDisconnect', async () => {
      const gate = deferred();
      const { conn, socket, history } = openEnd('server', (list) => ({
        default: recording(list, { onNamespaceConnected: () => gate.promise.then(() => void list.push('told')) }),
      }));
      const connecting = conn.connect('default');
      await settle();
      socket.receive('n1;;;;;;');

      conn.close();
      await settle();
      gate.resolve();
      await Promise.all([connecting, conn.closed]);

      expect(history.slice(3)).toEqual([
        'OnNamespaceConnected local',
        'close 1000',
        'told',
        'OnNamespaceDisconnect local forced',
      ]);
    });
  });
});
