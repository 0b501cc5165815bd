import { describe, expect, it } from 'vitest';
import { reply } from '../../src/core/reply.js';
import type { FrameData } from '../../src/protocol/message.js';
import type { MemorySocket } from '../support/memory-socket.js';
import { settle, testServer } from '../support/test-server.js';

/** Names that every object has, or that mean something to a language or a library. */
const NAMES = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  'isPrototypeOf',
  '__defineGetter__',
  '__lookupGetter__',
  'then',
  'length',
  'name',
  'error',
  'newListener',
  'dispose',
  '#x',
  '',
  '0',
];

/** A frame that puts a name somewhere, and the error text that comes back: none for a frame that is dropped. */
interface Attempt {
  readonly frame: string;
  readonly answer?: string;
}

type State = 'a namespace that is not connected' | 'a connected namespace';

function attemptsWith(name: string, state: State): Attempt[] {
  const isConnected = state === 'a connected namespace';
  const answered = (address: string, text: string): Attempt[] => [
    { frame: `$1;${address};0;0;x`, answer: `$1;${address};1;0;${text}` },
    { frame: `$${name};${address};0;0;x`, answer: `$${name};${address};1;0;${text}` },
    { frame: `;${address};0;0;x` },
  ];
  const attempts = [
    ...answered(`default;;${name}`, isConnected ? 'bad event' : 'bad namespace'),
    ...answered(`${name};;chat`, 'bad namespace'),
    ...answered(`${name};${name};${name}`, 'bad namespace'),
    ...answered(`${name};;_OnRoomJoin`, 'bad namespace').slice(0, 1),
    ...answered(`${name};;_OnNamespaceConnect`, 'bad namespace').slice(0, 1),
    ...answered(`default;;_On${name}`, 'bad event'),
  ];
  if (name === '') return attempts; // no room and no token: an ordinary message
  return [
    ...attempts,
    ...answered(`default;${name};chat`, isConnected ? 'bad room' : 'bad namespace'),
    { frame: `${name};default;;chat;0;0;x` },
    { frame: `${name};default;;_OnNamespaceConnect;0;0;` },
  ];
}

const PROTOTYPES = [Object.prototype, Function.prototype, Array.prototype, Map.prototype, Set.prototype];
const fingerprint = () =>
  PROTOTYPES.flatMap((prototype) =>
    Reflect.ownKeys(prototype).map((key) => ({ key, ...Reflect.getOwnPropertyDescriptor(prototype, key) })),
  );

const inOpcode = (isBinary: boolean, frame: string): FrameData => (isBinary ? new TextEncoder().encode(frame) : frame);

function watchedServer() {
  const calls: string[] = [];
  const { accept, counters } = testServer({ default: { chat: (msg) => void calls.push(`${msg.event} ${msg.body}`) } });
  return { calls, accept, counters };
}

async function sentBy(socket: MemorySocket): Promise<FrameData[]> {
  await settle();
  return socket.sent.splice(0);
}

async function expectItStillWorks(socket: MemorySocket, calls: string[]): Promise<void> {
  socket.receive('$y;default;;_OnNamespaceConnect;0;0;', '$z;default;;chat;0;0;alive');

  expect(await sentBy(socket)).toEqual(['$y;;;;;;', '$z;;;;;;']);
  expect(calls).toEqual(['chat alive']);
  expect(socket.isOpen).toBe(true);
}

describe.each(NAMES)('the name %j, from the wire', (name) => {
  describe.each(['text', 'binary'])('in a %s frame', (opcode) => {
    const isBinary = opcode === 'binary';

    it.each<State>(['a namespace that is not connected', 'a connected namespace'])(
      'gets one error answer or none in %s, and calls nothing',
      async (state) => {
        const before = fingerprint();
        const { calls, accept } = watchedServer();
        const { socket } = accept({ hello: true });
        if (state === 'a connected namespace') socket.receive('$c;default;;_OnNamespaceConnect;0;0;');
        await sentBy(socket);

        for (const { frame, answer } of attemptsWith(name, state)) {
          socket.receive(inOpcode(isBinary, frame));

          expect(await sentBy(socket), frame).toEqual(answer === undefined ? [] : [inOpcode(isBinary, answer)]);
        }

        expect(calls).toEqual([]);
        expect(fingerprint()).toEqual(before);
        await expectItStillWorks(socket, calls);
      },
    );

    it('gets its answer after the handshake when it comes before', async () => {
      for (const { frame, answer } of attemptsWith(name, 'a namespace that is not connected')) {
        const { calls, accept } = watchedServer();
        const { socket } = accept({ id: 'id1' });

        socket.receive(inOpcode(isBinary, frame));
        expect(await sentBy(socket), frame).toEqual([]);
        socket.receive('M');

        expect(await sentBy(socket), frame).toEqual(['Aid1', ...(answer ? [inOpcode(isBinary, answer)] : [])]);
        await expectItStillWorks(socket, calls);
      }
    });
  });

  it('is an ordinary name of an event, a namespace and a room where the application uses it', async () => {
    const { accept, server } = testServer({ [name]: { [name]: (msg) => reply(`heard ${msg.event}`) } });
    const { socket } = accept({ hello: true });

    socket.receive(`$1;${name};;_OnNamespaceConnect;0;0;`, `$2;${name};${name};_OnRoomJoin;0;0;`);
    socket.receive(`$3;${name};${name};${name};0;0;x`);

    expect(await sentBy(socket)).toEqual(['$1;;;;;;', '$2;;;;;;', `$3;${name};${name};${name};0;0;heard ${name}`]);
    expect(server.local.rooms(name)).toEqual([name]);
  });
});

describe.each([
  ['a semicolon', 'a@%!semicolon@%!b', 'a;b'],
  ['an escape within an escape', '@%!semi@%!semicolon@%!colon@%!', '@%!semi;colon@%!'],
  ['a part of an escape', '@%!semicolon@%', '@%!semicolon@%'],
  ['line ends and NUL', 'a\r\nb\0', 'a\r\nb\0'],
])('a name with %s, from the wire', (_, escaped, name) => {
  it('comes back byte for byte, and never becomes a new field', async () => {
    const { accept, server } = testServer({ default: { onAnyEvent: (msg) => reply(msg.event) } });
    const { socket } = accept({ hello: true });

    socket.receive('$1;default;;_OnNamespaceConnect;0;0;', `$2;default;${escaped};_OnRoomJoin;0;0;`);
    socket.receive(`$3;default;${escaped};${escaped};0;0;x`);

    expect(await sentBy(socket)).toEqual(['$1;;;;;;', '$2;;;;;;', `$3;default;${escaped};${escaped};0;0;${name}`]);
    expect(server.local.rooms('default')).toEqual([name]);
  });
});
