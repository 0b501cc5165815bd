import { describe, expect, it } from 'vitest';
import { PublicError } from '../../src/errors.js';
import { settle } from '../support/test-server.js';
import { connectedEnd, deferred, guardRejections, openEnd, recording } from './ends.js';

guardRejections();

const JOIN = ';default;r;_OnRoomJoin;0;0;';
const LEAVE = ';default;r;_OnRoomLeave;0;0;';
const recorded = (history: string[]) => ({ default: recording(history) });
const refusing = (text: string) => () => Promise.reject(new PublicError(text));

async function joinedEnd(side: 'server' | 'client', namespaces: Parameters<typeof connectedEnd>[1] = recorded) {
  const joined = await connectedEnd(side, namespaces);
  joined.socket.receive(`${side === 'server' ? '$j' : 'nj'}${JOIN}`);
  await settle();
  const room = joined.ns.room('r');
  if (!room) throw new Error('the room was refused');
  joined.history.length = 0;
  joined.socket.sent.length = 0;
  return { ...joined, room };
}

describe.each([
  ['server', '$1', 'n1'],
  ['client', 'n1', '$1'],
] as const)('a room, on a %s', (side, theirs, ours) => {
  describe('that the other side joins', () => {
    it('runs OnRoomJoin and OnRoomJoined before the acknowledgement', async () => {
      const { ns, conn, socket, history } = await connectedEnd(side, recorded);

      socket.receive(theirs + JOIN);
      await settle();

      expect(history).toEqual([`> ${theirs}${JOIN}`, 'OnRoomJoin r', 'OnRoomJoined r', `< ${theirs};;;;;;`]);
      expect([ns.rooms.map(({ name }) => name), conn.roomCount]).toEqual([['r'], 1]);
    });

    it('is only acknowledged when it is joined already', async () => {
      const { socket, history } = await joinedEnd(side);

      socket.receive(theirs + JOIN);
      await settle();

      expect(history).toEqual([`> ${theirs}${JOIN}`, `< ${theirs};;;;;;`]);
    });

    it('is refused with the text of what OnRoomJoin throws, and is not joined', async () => {
      const { ns, conn, socket } = await connectedEnd(side, { default: { onRoomJoin: refusing('room closed') } });

      socket.receive(theirs + JOIN);
      await settle();

      expect(socket.sent).toEqual([`${theirs};default;r;_OnRoomJoin;1;0;room closed`]);
      expect([ns.rooms.length, conn.roomCount]).toEqual([0, 0]);
    });

    it('is answered "bad namespace" when the namespace is not connected', async () => {
      const { socket } = openEnd(side, recorded);

      socket.receive(theirs + JOIN);
      await settle();

      expect(socket.sent).toEqual([`${theirs};default;r;_OnRoomJoin;1;0;bad namespace`]);
    });

    it('stays joined when OnRoomJoined throws, which is reported', async () => {
      const { ns, socket, errors } = await connectedEnd(side, { default: { onRoomJoined: refusing('too late') } });

      socket.receive(theirs + JOIN);
      await settle();

      expect(socket.sent).toEqual([`${theirs};;;;;;`]);
      expect(ns.rooms).toHaveLength(1);
      expect(errors).toMatchObject([{ event: '_OnRoomJoined' }]);
    });

    it('may have an empty name, or one that every object has', async () => {
      const { ns, socket } = await connectedEnd(side, recorded);

      socket.receive(`${theirs};default;;_OnRoomJoin;0;0;`, `${theirs};default;__proto__;_OnRoomJoin;0;0;`);
      await settle();

      expect(ns.rooms.map(({ name }) => name)).toEqual(['', '__proto__']);
    });
  });

  describe('that is joined from here', () => {
    it('asks first, and runs OnRoomJoin and OnRoomJoined on the acknowledgement', async () => {
      const { ns, socket, history } = await connectedEnd(side, recorded);

      const joining = ns.joinRoom('r');
      await settle();
      expect(history).toEqual([`< ${ours}${JOIN}`]);
      socket.receive(`${ours};;;;;;`);
      const room = await joining;

      expect(room).toBe(ns.room('r'));
      expect(history.slice(2)).toEqual(['OnRoomJoin r local', 'OnRoomJoined r local']);
      expect(await ns.joinRoom('r')).toBe(room);
      expect(history).toHaveLength(4);
    });

    it('rejects with the refusal of the other side, without an event', async () => {
      const { ns, socket, history } = await connectedEnd(side, recorded);

      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(`${ours};default;r;_OnRoomJoin;1;0;no thanks`);

      await expect(joining).rejects.toMatchObject({ text: 'no thanks' });
      expect(history).toHaveLength(2);
      expect(ns.rooms).toEqual([]);
    });

    it.each([
      ['acknowledges', ';;;;;;'],
      ['refuses', ';default;r;_OnRoomLeave;1;0;bad room'],
    ])('is taken back when its own OnRoomJoin throws, whether the other side %s that', async (_, answer) => {
      const { ns, conn, socket } = await connectedEnd(side, { default: { onRoomJoin: refusing('not here') } });

      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(`${ours};;;;;;`);

      await expect(joining).rejects.toThrow('not here');
      const second = `${ours[0]}2`;
      expect(socket.sent).toEqual([ours + JOIN, second + LEAVE]);
      socket.receive(`${second}${answer}`);
      await settle();
      expect([ns.rooms.length, conn.asks.size, conn.roomCount]).toEqual([0, 0, 0]);
    });

    it('is joined once when both are asked for and both run OnRoomJoin at the same time', async () => {
      const { ns, conn, socket, history } = await connectedEnd(side, (list) => ({
        default: recording(list, { onRoomJoin: settle }),
      }));

      const joining = ns.joinRoom('r');
      socket.receive(theirs + JOIN, `${ours};;;;;;`);
      await joining;
      await settle();

      expect(history.filter((line) => line.startsWith('OnRoomJoined'))).toHaveLength(1);
      expect(conn.roomCount).toBe(1);
    });

    it('is asked for once by those who join at the same time', async () => {
      const { ns, socket, history } = await connectedEnd(side, (list) => ({
        default: recording(list, { onRoomJoin: settle }),
      }));

      const both = Promise.all([ns.joinRoom('r'), ns.joinRoom('r')]);
      await settle();
      socket.receive(`${ours};;;;;;`);
      const [first, second] = await both;

      expect(first).toBe(second);
      expect(history.filter((line) => !line.startsWith('>'))).toEqual([
        `< ${ours}${JOIN}`,
        'OnRoomJoin r local',
        'OnRoomJoined r local',
      ]);
    });

    it('is joined once when the other side joins it at the same time', async () => {
      const { ns, conn, socket, history } = await connectedEnd(side, recorded);

      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(theirs + JOIN);
      await settle();
      socket.receive(`${ours};;;;;;`);

      expect(await joining).toBe(ns.room('r'));
      expect(history.filter((line) => line.startsWith('On'))).toEqual(['OnRoomJoin r', 'OnRoomJoined r']);
      expect(conn.roomCount).toBe(1);
    });

    it('is in place before an ask that follows the acknowledgement in the same segment', async () => {
      const { ns, socket, history } = await connectedEnd(side, (list) => ({
        default: recording(list, { onRoomJoin: settle, where: (msg) => msg.room }),
      }));

      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(`${ours};;;;;;`, `${theirs};default;r;where;0;0;`);
      await joining;
      await settle();

      expect(history.slice(-3)).toEqual([
        'OnRoomJoin r local',
        'OnRoomJoined r local',
        `< ${theirs};default;r;where;0;0;r`,
      ]);
    });

    it('is in place before that ask while this side waits for another ask, too', async () => {
      const { ns, socket } = await connectedEnd(side, { default: { onRoomJoin: settle, where: (msg) => msg.room } });

      const unrelated = ns.ask('slow');
      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(`${ours[0]}2;;;;;;`, `${theirs};default;r;where;0;0;`);
      await joining;
      await settle();

      expect(socket.sent.at(-1)).toBe(`${theirs};default;r;where;0;0;r`);
      socket.receive(`${ours};;;;;;`);
      await unrelated;
    });

    it('does not hold up what the other side asks because of an ask of OnRoomJoin', async () => {
      const { ns, socket } = await connectedEnd(side, {
        default: { onRoomJoin: (_, there) => there.ask('may I').then(() => {}), name: () => 'me' },
      });

      const joining = ns.joinRoom('r');
      await settle();
      socket.receive(`${ours};;;;;;`);
      await settle();
      socket.receive(`${theirs};default;;name;0;0;`);
      await settle();
      expect(socket.sent.at(-1)).toBe(`${theirs};default;;name;0;0;me`);
      socket.receive(`${ours[0]}2;;;;;;`);

      expect((await joining).name).toBe('r');
    });

    it.each([
      ['NAME_TOO_LONG', 'x'.repeat(257)],
      ['NAME_NOT_ENCODABLE', '@%!semicolon@%!'],
    ])('rejects with %s, without traffic, for a name that would not arrive', async (code, name) => {
      const { ns, history } = await connectedEnd(side, recorded);

      await expect(ns.joinRoom(name)).rejects.toMatchObject({ code });
      expect(history).toEqual([]);
    });

    it('is not joined when the connection closes while its OnRoomJoin runs', async () => {
      const gate = deferred();
      const { ns, conn, socket, history, hub } = await connectedEnd(side, (list) => ({
        default: recording(list, { onRoomJoin: () => gate.promise }),
      }));
      const joining = ns.joinRoom('r');
      const failed = expect(joining).rejects.toMatchObject({ code: 'CONN_CLOSED' });
      await settle();
      socket.receive(`${ours};;;;;;`);
      await settle();

      socket.receiveClose();
      gate.resolve();
      await Promise.all([failed, conn.closed]);

      expect([hub.rooms, conn.roomCount]).toEqual([[], 0]);
      expect(history.slice(2)).toEqual(['OnRoomJoin r local', 'OnNamespaceDisconnect local forced']);
    });
  });

  describe('that is left from here', () => {
    it('asks, and runs OnRoomLeave and OnRoomLeft on the acknowledgement', async () => {
      const { ns, room, conn, socket, history } = await joinedEnd(side);

      const leaving = room.leave();
      expect(history).toEqual([`< ${ours}${LEAVE}`]);
      socket.receive(`${ours};;;;;;`);
      await leaving;

      expect(history.slice(2)).toEqual(['OnRoomLeave r local', 'OnRoomLeft r local']);
      expect([ns.room('r'), conn.roomCount]).toEqual([undefined, 0]);
    });

    it('stays when the other side refuses', async () => {
      const { ns, room, socket, history } = await joinedEnd(side);

      const leaving = room.leave();
      socket.receive(`${ours};default;r;_OnRoomLeave;1;0;no leaving`);

      await expect(leaving).rejects.toMatchObject({ text: 'no leaving' });
      expect(ns.room('r')).toBe(room);
      expect(history).toHaveLength(2);
    });

    it('is left once it is acknowledged, whatever OnRoomLeave throws', async () => {
      const { ns, room, socket, errors } = await joinedEnd(side, { default: { onRoomLeave: refusing('stay') } });

      const leaving = room.leave();
      socket.receive(`${ours};;;;;;`);
      await leaving;

      expect(ns.room('r')).toBeUndefined();
      expect(errors).toMatchObject([{ event: '_OnRoomLeave', error: { message: 'stay' } }]);
    });

    it('rejects with ROOM_NOT_JOINED, without traffic, when it is not joined any more', async () => {
      const { room, socket, history } = await joinedEnd(side);
      const leaving = room.leave();
      socket.receive(`${ours};;;;;;`);
      await leaving;

      await expect(room.leave()).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' });
      expect(history.filter((line) => line.startsWith('<'))).toHaveLength(1);
    });

    it('does not leave a room of the same name that was joined later', async () => {
      const { ns, room, socket } = await joinedEnd(side);
      const leaving = room.leave();
      socket.receive(`${ours};;;;;;`, theirs + JOIN);
      await leaving;
      await settle();

      await expect(room.leave()).rejects.toMatchObject({ code: 'ROOM_NOT_JOINED' });
      expect(ns.room('r')).toBeDefined();
    });

    it('is told of once when it is left twice at the same time', async () => {
      const { room, conn, socket, history } = await joinedEnd(side, (list) => ({
        default: recording(list, { onRoomLeave: settle, onRoomLeft: settle }),
      }));

      const both = Promise.all([room.leave(), room.leave()]);
      socket.receive(`${ours};;;;;;`, `${ours[0]}2;;;;;;`);
      await both;

      expect(history.filter((line) => line.startsWith('On'))).toEqual(['OnRoomLeave r local', 'OnRoomLeft r local']);
      expect(conn.roomCount).toBe(0);
    });
  });

  it('that is not joined is acknowledged when the other side leaves it', async () => {
    const { socket, history } = await connectedEnd(side, recorded);

    socket.receive(theirs + LEAVE);
    await settle();

    expect(history.slice(1)).toEqual([`< ${theirs};;;;;;`]);
  });

  it('of a namespace that is not connected is answered "bad namespace" when the other side leaves it', async () => {
    const { socket } = openEnd(side, recorded);

    socket.receive(theirs + LEAVE);
    await settle();

    expect(socket.sent).toEqual([`${theirs};default;r;_OnRoomLeave;1;0;bad namespace`]);
  });

  it('is left once when both sides leave it at the same moment', async () => {
    const { room, conn, socket, history } = await joinedEnd(side);

    const leaving = room.leave();
    socket.receive(theirs + LEAVE, `${ours};;;;;;`);
    await leaving;
    await settle();

    expect(history.filter((line) => line.startsWith('OnRoomLeft'))).toHaveLength(1);
    expect(socket.sent.at(-1)).toBe(`${theirs};;;;;;`);
    expect(conn.roomCount).toBe(0);
  });

  it('counts into maxRooms over all namespaces, whoever joins', async () => {
    const { ns, conn, socket } = await connectedEnd(
      side,
      { default: { e() {} }, other: { e() {} } },
      { limits: { maxRooms: 1 } },
    );
    socket.receive(`${theirs};other;;_OnNamespaceConnect;0;0;`, `${theirs}${JOIN}`);
    await settle();
    socket.receive(`${theirs};other;x;_OnRoomJoin;0;0;`);
    await settle();

    expect(socket.sent.at(-1)).toBe(`${theirs};other;x;_OnRoomJoin;1;0;too many rooms`);
    await expect(ns.joinRoom('y')).rejects.toMatchObject({ code: 'TOO_MANY_ROOMS', details: { maxRooms: 1 } });
    expect(conn.roomCount).toBe(1);
  });

  it('counts joins that are under way at the same time, too, and takes back the one too many', async () => {
    const { ns, conn, socket } = await connectedEnd(side, recorded, { limits: { maxRooms: 1 } });

    const results = Promise.allSettled([ns.joinRoom('a'), ns.joinRoom('b')]);
    await settle();
    socket.receive(`${ours};;;;;;`, `${ours[0]}2;;;;;;`);

    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(socket.sent.at(-1)).toBe(`${ours[0]}3;default;b;_OnRoomLeave;0;0;`);
    expect(conn.roomCount).toBe(1);
  });
});

describe('a room that the other side leaves', () => {
  it('on a server runs OnRoomLeave and OnRoomLeft before the acknowledgement', async () => {
    const { ns, socket, history } = await joinedEnd('server');

    socket.receive(`$1${LEAVE}`);
    await settle();

    expect(history.slice(1)).toEqual(['OnRoomLeave r', 'OnRoomLeft r', '< $1;;;;;;']);
    expect(ns.rooms).toEqual([]);
  });

  it('on a client acknowledges between OnRoomLeave and OnRoomLeft', async () => {
    const { ns, socket, history } = await joinedEnd('client');

    socket.receive(`n1${LEAVE}`);
    await settle();

    expect(history.slice(1)).toEqual(['OnRoomLeave r', '< n1;;;;;;', 'OnRoomLeft r']);
    expect(ns.rooms).toEqual([]);
  });

  it('is kept on a server by a PublicError of OnRoomLeave, but not by any other error', async () => {
    const failures: unknown[] = [new PublicError('no leaving'), new Error('broken')];
    const { ns, socket, errors } = await joinedEnd('server', {
      default: { onRoomLeave: () => Promise.reject(failures.shift()) },
    });

    socket.receive(`$1${LEAVE}`);
    await settle();
    expect([socket.sent.at(-1), ns.rooms.length]).toEqual(['$1;default;r;_OnRoomLeave;1;0;no leaving', 1]);
    socket.receive(`$2${LEAVE}`);
    await settle();

    expect([socket.sent.at(-1), ns.rooms.length]).toEqual(['$2;;;;;;', 0]);
    expect(errors).toMatchObject([{ error: { message: 'broken' }, event: '_OnRoomLeave' }]);
  });

  it('is not kept on a client, whatever OnRoomLeave throws', async () => {
    const { ns, socket } = await joinedEnd('client', { default: { onRoomLeave: refusing('stay') } });

    socket.receive(`n1${LEAVE}`);
    await settle();

    expect(socket.sent).toEqual(['n1;;;;;;']);
    expect(ns.rooms).toEqual([]);
  });

  it('on a client tells of OnRoomLeft once when this side has left it while OnRoomLeave ran', async () => {
    const { room, socket, history } = await joinedEnd('client', (list) => ({
      default: recording(list, { onRoomLeave: (msg) => (msg.isLocal ? undefined : settle()) }),
    }));

    socket.receive(`n1${LEAVE}`);
    const leaving = room.leave();
    socket.receive('$1;;;;;;');
    await leaving;
    await settle();

    // Told by whoever began: the other side has.
    expect(history.filter((line) => line.startsWith('OnRoomLeft'))).toEqual(['OnRoomLeft r']);
    expect(socket.sent.at(-1)).toBe('n1;;;;;;');
  });

  it('is not kept by a refusal that comes after the namespace has ended here', async () => {
    const gate = deferred();
    const { ns, socket } = await joinedEnd('server', {
      default: { onRoomLeave: (msg) => (msg.isLocal ? undefined : gate.promise) },
    });

    socket.receive(`$1${LEAVE}`);
    const leaving = ns.disconnect();
    await settle();
    socket.receive('n1;;;;;;');
    await settle();
    gate.reject(new PublicError('stay')); // whoever leaves meanwhile waits for the handler that runs
    await leaving;
    await settle();

    expect(ns.rooms).toEqual([]);
    expect(socket.sent.at(-1)).toBe('$1;;;;;;');
  });
});

describe('a join from here', () => {
  it('rejects with ROOM_NOT_JOINED when OnRoomJoined leaves the room again', async () => {
    const { ns, socket } = await connectedEnd('server', {
      default: {
        async onRoomJoined(_, there) {
          const leaving = there.room('r')?.leave();
          socket.receive('n2;;;;;;');
          await leaving;
        },
      },
    });

    const joining = ns.joinRoom('r');
    await settle();
    socket.receive('n1;;;;;;');

    await expect(joining).rejects.toMatchObject({
      code: 'ROOM_NOT_JOINED',
      details: { namespace: 'default', room: 'r' },
    });
  });

  it('rejects with NAMESPACE_NOT_CONNECTED when the namespace is left while its OnRoomJoin runs', async () => {
    const gate = deferred();
    const { ns, socket, conn } = await connectedEnd('server', { default: { onRoomJoin: () => gate.promise } });
    const joining = ns.joinRoom('r');
    await settle();
    const leaving = ns.disconnect();
    await settle();
    socket.receive('n1;;;;;;', 'n2;;;;;;');
    await leaving;
    gate.resolve();

    await expect(joining).rejects.toMatchObject({ code: 'NAMESPACE_NOT_CONNECTED' });
    expect(conn.roomCount).toBe(0);
    expect(socket.sent).toHaveLength(2);
  });

  it('rejects with EMIT_TOO_EARLY, without traffic, before the namespace is connected', async () => {
    const { conn, history } = openEnd('server', {
      default: { onNamespaceConnect: async (_, ns) => void (await ns.joinRoom('r')) },
    });

    await expect(conn.connect('default')).rejects.toMatchObject({ code: 'EMIT_TOO_EARLY' });
    expect(history).toEqual([]);
  });
});
