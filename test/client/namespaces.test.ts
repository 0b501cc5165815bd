import { describe, expect, it } from 'vitest';
import { PublicError } from '../../src/client/client-errors.js';
import type { Listener } from '../../src/client/dialled.js';
import { type Events, FakeNetwork, settle, tokenOf } from './fake-network.js';

const NAMES = [
  'NamespaceConnect',
  'NamespaceConnected',
  'NamespaceDisconnect',
  'RoomJoin',
  'RoomJoined',
  'RoomLeave',
  'RoomLeft',
];

/** Handlers of every lifecycle event, which write down what they hear. */
function traced(handlers: Record<string, Listener> = {}): { events: Events; trace: string[] } {
  const trace: string[] = [];
  const lifecycle = NAMES.map((name): [string, Listener] => [
    `on${name}`,
    (msg, ns) => {
      trace.push(
        [name, msg.room, msg.isLocal && 'local', msg.isForced && 'forced', msg.isRestored && 'restored']
          .filter(Boolean)
          .join(' '),
      );
      return handlers[`on${name}`]?.(msg, ns);
    },
  ]);
  return { events: { chat: { ...handlers, ...Object.fromEntries(lifecycle) } }, trace };
}

describe('a namespace', () => {
  describe('connect', () => {
    it('asks the server between its two events', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const connecting = conn.connect('chat');
      await settle();

      expect(trace).toEqual(['NamespaceConnect local']);
      const [frame] = network.socket.take();
      expect(frame).toBe(`${tokenOf(frame)};chat;;_OnNamespaceConnect;0;0;`);
      expect(conn.namespaces).toEqual([]);

      network.socket.receive(`${tokenOf(frame)};;;;;;`);
      const ns = await connecting;

      expect(trace).toEqual(['NamespaceConnect local', 'NamespaceConnected local']);
      expect(ns.namespace).toBe('chat');
      expect(conn.namespaces).toEqual([ns]);
      expect(conn.namespace('chat')).toBe(ns);
      expect(ns.conn).toBe(conn);
    });

    it('sends a body', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      void conn.connect('a', { body: 'text;text' });
      void conn.connect('b', { body: { x: 1 } });
      void conn.connect('c', { body: new Uint8Array([65]) });
      await settle();

      expect(network.socket.take().map((frame) => frame.replace(/\$\d+/, '$'))).toEqual([
        '$;a;;_OnNamespaceConnect;0;0;text;text',
        '$;b;;_OnNamespaceConnect;0;j;{"x":1}',
        '<$;c;;_OnNamespaceConnect;0;0;A>',
      ]);
    });

    it('sends the bytes that there were, after a reconnect as well', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const body = new Uint8Array([65]);
      const connecting = conn.connect('chat', { body });
      body[0] = 66;
      await settle();
      const frames = network.socket.take();
      network.socket.receive(`${tokenOf(frames[0]).slice(1)};;;;;;`);
      await connecting;
      await network.lose();
      await settle();
      frames.push(...network.socket.take());

      expect(frames.map((frame) => frame.replace(/\$\d+/, '$'))).toEqual([
        '<$;chat;;_OnNamespaceConnect;0;0;A>',
        '<$;chat;;_OnNamespaceConnect;0;0;A>',
      ]);
    });

    it('is done once for all who ask at the same time, and gives what there is afterwards', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const all = [conn.connect('chat'), conn.connect('chat')];
      await settle();
      expect(network.socket.sent).toHaveLength(1);
      network.acknowledge();
      const [first, second] = await Promise.all(all);

      expect(first).toBe(second);
      expect(await conn.connect('chat')).toBe(first);
      expect(network.socket.sent).toEqual([]);
      expect(trace).toHaveLength(2);
    });

    it('is refused by its own onNamespaceConnect before anything is sent', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({
        chat: {
          onNamespaceConnect() {
            throw new Error('not now');
          },
        },
      });

      await expect(conn.connect('chat')).rejects.toThrow('not now');
      expect(network.socket.sent).toEqual([]);
    });

    it('rejects with what the server refuses with, and can be asked again', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const refused = conn.connect('chat');
      await settle();
      const [frame] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};chat;;_OnNamespaceConnect;1;0;not allowed`);

      await expect(refused).rejects.toMatchObject({ name: 'RemoteError', text: 'not allowed', code: 'REMOTE_ERROR' });
      expect(conn.namespaces).toEqual([]);
      await network.connect(conn);
      expect(trace).toEqual(['NamespaceConnect local', 'NamespaceConnect local', 'NamespaceConnected local']);
    });

    it('has its handlers in place before the frame after the acknowledgement is read', async () => {
      const network = new FakeNetwork();
      const heard: string[] = [];
      const conn = await network.open({
        chat: { onNamespaceConnected: () => void heard.push('connected'), hi: () => void heard.push('hi') },
      });
      const connecting = conn.connect('chat');
      await settle();
      const [frame] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};;;;;;`, ';chat;;hi;0;0;');
      await connecting;
      await settle();

      expect(heard).toEqual(['connected', 'hi']);
    });

    it.each(['onNamespaceConnected', 'OnNamespaceConnected', '_OnNamespaceConnected'])('hears %s', async (name) => {
      const network = new FakeNetwork();
      const heard: string[] = [];
      const conn = await network.open({ chat: { [name]: (msg) => void heard.push(msg.event) } });

      await network.connect(conn);

      expect(heard).toEqual(['_OnNamespaceConnected']);
    });

    it('reports what onNamespaceConnected throws, and is connected', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({
        chat: {
          onNamespaceConnected() {
            throw new Error('oops');
          },
        },
      });

      await network.connect(conn);

      expect(network.errors).toEqual([
        { error: new Error('oops'), namespace: 'chat', room: '', event: '_OnNamespaceConnected' },
      ]);
    });
  });

  describe('connected by the server', () => {
    it('acknowledges between its two events', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced({
        onNamespaceConnected: () => {
          trace.push(...network.socket.take());
        },
      });
      const conn = await network.open(events);
      const waiting = conn.waitServerConnect('chat');
      network.socket.receive('7;chat;;_OnNamespaceConnect;0;0;');
      const ns = await waiting;

      expect(trace).toEqual(['NamespaceConnect', 'NamespaceConnected', '7;;;;;;']);
      expect(conn.namespaces).toEqual([ns]);
      expect(await conn.waitServerConnect('chat')).toBe(ns);
    });

    it('acknowledges again, without events, what is connected', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      await network.open(events);
      network.socket.receive('7;chat;;_OnNamespaceConnect;0;0;', '8;chat;;_OnNamespaceConnect;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;;;;;;', '8;;;;;;']);
      expect(trace).toEqual(['NamespaceConnect', 'NamespaceConnected']);
    });

    it('is refused where nothing here hears it', async () => {
      const network = new FakeNetwork();
      await network.open({ chat: {} });
      network.socket.receive('7;nope;;_OnNamespaceConnect;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['7;nope;;_OnNamespaceConnect;1;0;bad namespace']);
    });

    it.each([
      [new PublicError('not now'), 'not now'],
      [new PublicError(''), 'internal error'],
      [new Error('secret'), 'internal error'],
    ])('is refused by %s with "%s"', async (error, text) => {
      const network = new FakeNetwork();
      const conn = await network.open({
        chat: {
          onNamespaceConnect() {
            throw error;
          },
        },
      });
      network.socket.receive('7;chat;;_OnNamespaceConnect;0;0;');
      await settle();

      expect(network.socket.take()).toEqual([`7;chat;;_OnNamespaceConnect;1;0;${text}`]);
      expect(conn.namespaces).toEqual([]);
    });

    it('connects once where both sides ask at the same time', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const connecting = conn.connect('chat');
      network.socket.receive('7;chat;;_OnNamespaceConnect;0;0;');
      await settle();
      const [frame, answer] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};;;;;;`);

      expect(answer).toBe('7;;;;;;');
      expect(conn.namespaces).toEqual([await connecting]);
      expect(trace.filter((event) => event.startsWith('NamespaceConnected'))).toHaveLength(1);
    });

    it('is ignored without a token, and as a no-op', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({ chat: {} });
      network.socket.receive(';chat;;_OnNamespaceConnect;0;0;', '7;chat;;_OnNamespaceConnect;0;1;');
      await settle();

      expect(network.socket.take()).toEqual([]);
      expect(conn.namespaces).toEqual([]);
    });
  });

  describe('disconnect', () => {
    it('leaves the rooms by force, then tells of itself', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const ns = await network.connect(conn);
      const joining = ns.joinRoom('r');
      await settle();
      network.acknowledge();
      await joining;
      trace.length = 0;
      const leaving = ns.disconnect();
      await settle();

      expect(trace).toEqual([]);
      network.acknowledge();
      await leaving;

      expect(trace).toEqual(['RoomLeave r local forced', 'RoomLeft r local forced', 'NamespaceDisconnect local']);
      expect(conn.namespaces).toEqual([]);
      await expect(ns.ask('x')).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
      ns.emit('x');
      expect(network.socket.take()).toEqual([]);
    });

    it('keeps it where the server refuses', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const ns = await network.connect(conn);
      const leaving = ns.disconnect();
      await settle();
      const [frame] = network.socket.take();
      network.socket.receive(`${tokenOf(frame)};chat;;_OnNamespaceDisconnect;1;0;stay`);

      await expect(leaving).rejects.toMatchObject({ text: 'stay' });
      expect(conn.namespaces).toEqual([ns]);
    });

    it('by the server leaves the rooms, acknowledges, and cannot be refused', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced({
        onNamespaceDisconnect() {
          throw new PublicError('no');
        },
      });
      const conn = await network.open(events);
      await network.connect(conn);
      network.socket.receive('7;chat;r;_OnRoomJoin;0;0;');
      await settle();
      trace.length = 0;
      network.socket.take();
      network.socket.receive('8;chat;;_OnNamespaceDisconnect;0;0;', '9;chat;;_OnNamespaceDisconnect;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['8;;;;;;', '9;;;;;;']);
      expect(trace).toEqual(['RoomLeave r forced', 'RoomLeft r forced', 'NamespaceDisconnect']);
      expect(conn.namespaces).toEqual([]);
      expect(network.errors).toHaveLength(1);
    });

    it('of all goes through them one after the other', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      await network.connect(conn, 'a');
      await network.connect(conn, 'b');
      const all = conn.disconnectAll();
      await settle();
      expect(network.socket.texts).toHaveLength(1);
      network.acknowledge();
      await settle();
      network.acknowledge();

      await all;
      expect(conn.namespaces).toEqual([]);
    });
  });

  describe('rooms', () => {
    it('joins between the acknowledgement and its events, once for all who ask', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const ns = await network.connect(conn);
      trace.length = 0;
      const both = [ns.joinRoom('r'), ns.joinRoom('r')];
      await settle();
      const [frame, ...more] = network.socket.take();

      expect(frame).toBe(`${tokenOf(frame)};chat;r;_OnRoomJoin;0;0;`);
      expect(more).toEqual([]);
      expect(trace).toEqual([]);
      network.socket.receive(`${tokenOf(frame)};;;;;;`);
      const [room, same] = await Promise.all(both);

      expect(room).toBe(same);
      expect(await ns.joinRoom('r')).toBe(room);
      expect(trace).toEqual(['RoomJoin r local', 'RoomJoined r local']);
      expect(ns.rooms).toEqual([room]);
      expect(ns.room('r')).toBe(room);
      expect(room?.name).toBe('r');
    });

    it('takes the join back where its own onRoomJoin throws', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({
        chat: {
          onRoomJoin() {
            throw new Error('no');
          },
        },
      });
      const ns = await network.connect(conn);
      const joining = ns.joinRoom('r');
      await settle();
      network.acknowledge();

      await expect(joining).rejects.toThrow('no');
      const [frame] = network.socket.take();
      expect(frame).toBe(`${tokenOf(frame)};chat;r;_OnRoomLeave;0;0;`);
      expect(ns.rooms).toEqual([]);
    });

    it('speaks in a room, and not after it was left', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const ns = await network.connect(conn);
      const joining = ns.joinRoom('a;b');
      await settle();
      network.acknowledge();
      const room = await joining;
      trace.length = 0;
      room.emit('say', 'hi');
      expect(network.socket.take()).toEqual([';chat;a@%!semicolon@%!b;say;0;0;hi']);
      const leaving = room.leave();
      await settle();
      expect(trace).toEqual([]);
      network.acknowledge();
      await leaving;

      expect(trace).toEqual(['RoomLeave a;b local', 'RoomLeft a;b local']);
      expect(ns.rooms).toEqual([]);
      room.emit('say', 'hi');
      expect(network.socket.take()).toEqual([]);
      await expect(room.leave()).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' });
    });

    it('leaveAll asks for each room by _OnRoomLeave, and waits', async () => {
      const network = new FakeNetwork();
      const conn = await network.open();
      const ns = await network.connect(conn);
      const joining = Promise.all([ns.joinRoom('a'), ns.joinRoom('b')]);
      await settle();
      network.acknowledge();
      await joining;
      let isDone = false;
      const leaving = ns.leaveAll().then(() => {
        isDone = true;
      });
      await settle();

      expect(network.socket.texts.map((frame) => frame.replace(/\$\d+/, '$'))).toEqual([
        '$;chat;a;_OnRoomLeave;0;0;',
        '$;chat;b;_OnRoomLeave;0;0;',
      ]);
      expect(isDone).toBe(false);
      network.acknowledge();
      await leaving;
      expect(ns.rooms).toEqual([]);
    });

    it('joined by the server runs its events before the acknowledgement, once', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced({
        onRoomJoined: () => {
          trace.push(...network.socket.take());
        },
      });
      const conn = await network.open(events);
      const ns = await network.connect(conn);
      trace.length = 0;
      network.socket.receive('7;chat;r;_OnRoomJoin;0;0;', '8;chat;r;_OnRoomJoin;0;0;');
      await settle();

      expect(trace).toEqual(['RoomJoin r', 'RoomJoined r']);
      expect(network.socket.take()).toEqual(['7;;;;;;', '8;;;;;;']);
      expect(ns.rooms.map(({ name }) => name)).toEqual(['r']);
    });

    it('refuses the server by onRoomJoin, and where the namespace is not connected', async () => {
      const network = new FakeNetwork();
      const conn = await network.open({
        chat: {
          onRoomJoin() {
            throw new PublicError('no thanks');
          },
        },
      });
      await network.connect(conn);
      network.socket.receive('7;chat;r;_OnRoomJoin;0;0;', '8;other;r;_OnRoomJoin;0;0;', '9;other;r;_OnRoomLeave;0;0;');
      await settle();

      expect(network.socket.take()).toEqual([
        '7;chat;r;_OnRoomJoin;1;0;no thanks',
        '8;other;r;_OnRoomJoin;1;0;bad namespace',
        '9;other;r;_OnRoomLeave;1;0;bad namespace',
      ]);
    });

    it('leaves for the server, and acknowledges what was not joined', async () => {
      const network = new FakeNetwork();
      const { events, trace } = traced();
      const conn = await network.open(events);
      const ns = await network.connect(conn);
      network.socket.receive('7;chat;r;_OnRoomJoin;0;0;');
      await settle();
      trace.length = 0;
      network.socket.take();
      network.socket.receive('8;chat;r;_OnRoomLeave;0;0;', '9;chat;x;_OnRoomLeave;0;0;');
      await settle();

      expect(network.socket.take()).toEqual(['8;;;;;;', '9;;;;;;']);
      expect(trace).toEqual(['RoomLeave r', 'RoomLeft r']);
      expect(ns.rooms).toEqual([]);
    });

    it('hears what is said in a room before its own join has been acknowledged', async () => {
      const network = new FakeNetwork();
      const heard: string[] = [];
      const conn = await network.open({ chat: { note: (msg) => void heard.push(`${msg.room} ${msg.body}`) } });
      const ns = await network.connect(conn);
      void ns.joinRoom('r');
      network.socket.receive(';chat;r;note;0;0;welcome');
      await settle();

      expect(heard).toEqual(['r welcome']);
    });
  });

  it('answers system events that nobody may ask with bad event', async () => {
    const network = new FakeNetwork();
    const { events, trace } = traced();
    const conn = await network.open(events);
    await network.connect(conn);
    trace.length = 0;
    network.socket.receive('7;chat;r;_OnRoomJoined;0;0;', ';chat;r;_OnRoomLeft;0;0;', ';chat;r;onRoomJoin;0;0;');
    await settle();

    expect(network.socket.take()).toEqual(['7;chat;r;_OnRoomJoined;1;0;bad event']);
    expect(trace).toEqual([]);
  });
});
