import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildGo, GO_BUILD_TIMEOUT_MS, goAvailable } from '../support/go.js';
import { startInteropApp } from './interop-app.js';

const run = promisify(execFile);

/** One thing that the client has observed. */
interface Step extends Readonly<Record<string, unknown>> {
  readonly step: string;
}

const CONNECT = ['_OnNamespaceConnect local', '_OnNamespaceConnected local'];
const CLOSE = [
  '_OnRoomLeave lobby local forced',
  '_OnRoomLeft lobby local forced',
  '_OnNamespaceDisconnect local forced',
];
const DIALERS = ['gorilla', 'gobwas'] as const;

/** What each scenario of the client observes, and what that says of the server. */
const SCENARIOS: Readonly<Record<string, { readonly says: string; readonly steps: readonly Step[] }>> = {
  'dial-id': { says: 'learns a random id', steps: [{ step: 'dial', id: expect.stringMatching(/^[0-9a-f-]{36}$/) }] },
  'refused-dial': {
    says: 'is told why onConnect refuses it',
    steps: [{ step: 'refused', text: 'nope; sorry' }],
  },
  connect: {
    says: 'connects a namespace, once',
    steps: [
      { step: 'connect', events: CONNECT },
      { step: 'connect-again', events: [] },
    ],
  },
  'connect-unknown': {
    says: 'reads `bad namespace` for one that is not served',
    steps: [{ step: 'connect-unknown', text: 'bad namespace' }, { step: 'alive' }],
  },
  'connect-refused': {
    says: 'is told why onNamespaceConnect refuses it',
    steps: [{ step: 'connect-refused', text: 'not allowed', events: ['_OnNamespaceConnect local'] }, { step: 'alive' }],
  },
  disconnect: {
    says: 'disconnects, is in no room then, and comes back',
    steps: [
      {
        step: 'disconnect',
        events: ['_OnRoomLeave lobby local forced', '_OnRoomLeft lobby local forced', '_OnNamespaceDisconnect local'],
      },
      { step: 'reconnect', events: CONNECT },
      { step: 'out-of-the-room', body: 'for all' },
    ],
  },
  'empty-namespace': {
    says: 'speaks in the empty namespace',
    steps: [
      { step: 'connect', events: CONNECT },
      { step: 'ask', body: 'in the empty namespace' },
      { step: 'room', room: 'lobby' },
      { step: 'disconnect' },
    ],
  },
  'semicolon-names': {
    says: 'uses names with separators',
    steps: [
      { step: 'connect' },
      { step: 'ask', namespace: 'se;mi', event: 'ev;ent', body: 'a;b' },
      { step: 'room', room: 'ro;om' },
      { step: 'leave' },
    ],
  },
  'emit-echo': {
    says: 'hears what others emit, and not itself',
    steps: [
      { step: 'received', body: 'hello' },
      { step: 'not-to-the-sender', body: 'hello yourself' },
    ],
  },
  ask: {
    says: 'gets its answers, empty ones as well',
    steps: [
      { step: 'ask', body: 'a;b;c' },
      { step: 'ask-empty-body', body: '' },
    ],
  },
  'ask-error': {
    says: 'reads the text of a PublicError',
    steps: [{ step: 'ask-error', text: 'bad; thing' }, { step: 'alive' }],
  },
  'ask-silent': {
    says: 'gets the empty answer of a handler that returns nothing',
    steps: [{ step: 'ask-silent', body: '' }],
  },
  'ask-unknown-event': {
    says: 'reads `bad event` for one that nobody handles',
    steps: [{ step: 'ask-unknown-event', text: 'bad event' }, { step: 'alive' }],
  },
  'ask-many': {
    says: 'asks six times in a row',
    steps: [1, 2, 3, 4, 5, 6].map((n) => ({ step: 'ask', n, body: `PONG MESSAGE ${n}` })),
  },
  'ask-big': {
    says: 'gets 64 KiB back as they were',
    steps: [{ step: 'ask-big', bytes: 65_536, semicolons: 10_546, newlines: 2_340 }],
  },
  binary: {
    says: 'gets every byte back in binary frames',
    steps: [{ step: 'emit-binary', bytes: 268 }, { step: 'ask-binary', bytes: 268 }, { step: 'text-again' }],
  },
  native: {
    says: 'gets a raw answer to a raw message',
    steps: [{ step: 'native', body: 'native:hello' }, { step: 'framed-beside-native' }],
  },
  'to-one-id': {
    says: 'gets what is for its id alone, given by header or URL',
    steps: [
      { step: 'id-from-header', id: 'alice' },
      { step: 'id-from-url', id: 'bob' },
      ...['bob', 'alice', 'carol', 'bob'].map((to) => ({ step: 'private', to, body: `for ${to}` })),
    ],
  },
  rooms: {
    says: 'joins a room, is heard in it, and leaves it',
    steps: [
      { step: 'join', events: ['_OnRoomJoin room1 local', '_OnRoomJoined room1 local'] },
      { step: 'server-sees-it', room: 'room1' },
      { step: 'room-emit', room: 'room1', body: 'to the room' },
      { step: 'leave', events: ['_OnRoomLeave room1', '_OnRoomLeft room1'] },
      { step: 'left', body: 'to everybody' },
    ],
  },
  'room-refused': {
    says: 'is told why onRoomJoin refuses it',
    steps: [{ step: 'room-refused', text: 'room closed', events: [] }],
  },
  'leave-not-joined': {
    says: 'is acknowledged when it leaves a room that it has not joined',
    steps: [
      { step: 'leave-twice', text: 'bad room' },
      { step: 'leave-on-the-wire', frame: '$leave-never-joined;;;;;;' },
      { step: 'alive' },
    ],
  },
  'broadcast-to-room': {
    says: 'hears a room only from within',
    steps: [
      { step: 'joined-receives', room: 'room1', body: 'for the room' },
      { step: 'outsider-does-not', body: 'for all' },
    ],
  },
  'server-ask': {
    says: 'answers the server',
    steps: [
      { step: 'question', body: '?' },
      { step: 'answered', body: 'forty;two' },
    ],
  },
  'forced-join': {
    says: 'is joined to a room by the server',
    steps: [
      { step: 'joined', events: ['_OnRoomJoin lobby', '_OnRoomJoined lobby'] },
      { step: 'note', room: 'lobby', body: 'from the server' },
      { step: 'server-sees-it' },
    ],
  },
  'forced-leave': {
    says: 'is put out of a room by the server',
    steps: [{ step: 'left', events: ['_OnRoomLeave lobby', '_OnRoomLeft lobby'] }, { step: 'alive' }],
  },
  'forced-disconnect': {
    says: 'is disconnected from a namespace by the server, and comes back',
    steps: [
      {
        step: 'disconnected',
        events: ['_OnRoomLeave lobby forced', '_OnRoomLeft lobby forced', '_OnNamespaceDisconnect'],
      },
      { step: 'reconnect' },
    ],
  },
  'forced-connect': {
    says: 'is connected to a namespace by onConnect, and greeted there',
    steps: [
      { step: 'connected', events: ['_OnNamespaceConnect', '_OnNamespaceConnected'] },
      { step: 'greeting', received: true, body: 'welcome' },
      { step: 'alive' },
    ],
  },
  'forced-then-at-once': {
    says: 'may use what the server forced as soon as it has acknowledged it',
    steps: [{ step: 'join-then-ask' }, { step: 'leave-then-join' }, { step: 'disconnect-then-connect' }],
  },
  'close-from-server': {
    says: 'hears of every room and namespace when the server closes',
    steps: [{ step: 'closed', events: CLOSE, reason: expect.any(String) }, { step: 'unusable' }],
  },
  'close-from-client': {
    says: 'closes, and the server goes on',
    steps: [{ step: 'closed', events: CLOSE }, { step: 'unusable' }, { step: 'server-goes-on' }],
  },
};

async function client(...args: readonly string[]): Promise<string> {
  const program = join(await buildGo(), 'client');
  const { stdout } = await run(program, args).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return stdout;
}

/** The lines that a scenario prints. One that fails prints an error in place of the last. */
async function play(dialer: string, scenario: string): Promise<unknown[]> {
  const { url } = await startInteropApp();
  const stdout = await client('-dialer', dialer, url, scenario);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

const canRun = goAvailable();
const title = canRun
  ? 'the Go client of neffos 0.0.24'
  : 'the Go client of neffos 0.0.24 (skipped: Go is not installed here)';

describe.skipIf(!canRun)(title, () => {
  beforeAll(() => buildGo(), GO_BUILD_TIMEOUT_MS);

  it('has no scenario that is not played here', async () => {
    const names = (await client('-list')).trimEnd().split('\n');

    expect(Object.keys(SCENARIOS)).toEqual(names);
  });

  it('reads the close code 1000 when a handler closes', async () => {
    const lines = await play('gorilla', 'close-from-server');

    expect(lines).toContainEqual(expect.objectContaining({ reason: 'websocket: close 1000 (normal)' }));
  });

  describe.each(DIALERS)('over %s', (dialer) => {
    const scenarios = Object.entries(SCENARIOS).map(([name, { says, steps }]) => [name, says, steps] as const);

    it.each(scenarios)('%s: %s', async (name, _says, steps) => {
      const lines = await play(dialer, name);

      expect(lines).toEqual([...steps.map((step) => ({ ...step, ok: true })), { done: true }]);
    });
  });
});
