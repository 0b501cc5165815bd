import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CloseError, type Namespaces, PublicError, reply } from '../../src/index.js';
import type { MemorySocket } from '../support/memory-socket.js';
import { settle, type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';
import { readBlocks } from './markdown.js';

/** The servers that the transcripts speak to, by the word behind `transcript`. */
const SERVERS: Readonly<Record<string, () => TestServer>> = {
  chat: () => testServer(CHAT),
  refusing: () => testServer(CHAT, { onConnect: () => Promise.reject(new PublicError('members only')) }),
  greeting: () => testServer({ default: { onNamespaceConnected: (_, ns) => ns.emit('say', 'welcome') } }),
  forcing: () => testServer({ default: {} }, FORCING),
  raw: () => testServer({ '': { onNativeMessage: (msg) => reply(heard(msg.body)), echo: (msg) => msg.body } }),
  native: () => testServer({ '': { onNativeMessage: (msg) => reply(heard(msg.body)) } }, { native: 'only' }),
};

const heard = (body: string | Uint8Array): string => `heard ${typeof body === 'string' ? body : Buffer.from(body)}`;

const refuse = (text: string) => (): never => {
  throw new PublicError(text);
};

const CHAT: Namespaces = {
  default: {
    echo: (msg) => msg.body,
    nothing: () => undefined,
    json: () => ({ a: 1 }),
    greet: () => reply('hello'),
    refuse: refuse('sold out'),
    order: () => {
      throw new PublicError('sold out', { code: 'SOLD_OUT', data: { left: 0 } });
    },
    fail: () => {
      throw new Error('a secret');
    },
    kick: () => {
      throw new CloseError(4001, 'bye');
    },
    say: (msg, ns) => ns.broadcastOthers('say', msg.body),
    tell: (msg, ns) => ns.room(msg.room)?.broadcast('tell', msg.body),
    quiz: async (_, ns) => `you said ${(await ns.ask('question', '6 x 7')).body}`,
    invite: async (msg, ns) => void (await ns.joinRoom(String(msg.body))),
    dismiss: async (msg, ns) => await ns.room(String(msg.body))?.leave(),
    part: async (_, ns) => await ns.disconnect(),
    onRoomJoin: (msg) => (msg.room === 'vault' ? refuse('members only')() : undefined),
    onRoomLeave: (msg) => (msg.room === 'jail' && !msg.isForced ? refuse('no way out')() : undefined),
  },
  locked: { onNamespaceConnect: refuse('not allowed') },
  stay: { onNamespaceDisconnect: (msg) => (msg.isForced ? undefined : refuse('not yet')()) },
  'a;b': { echo: (msg) => msg.body },
};

const FORCING: TestServerOptions = {
  onConnect: async (conn) => {
    const ns = await conn.connect('default');
    const room = await ns.joinRoom('lobby');
    room.emit('say', 'welcome');
  },
};

/**
 * One line of a transcript: `> frame` from the client, `< frame` to it, `2>` and `2<` for a second client, `~ n ms` for time
 * that passes. `BIN` before a frame makes it binary; `< (nothing)` says that nothing has come, `< close 1008 text` that the
 * server has closed. `T` at the start of a frame is a token of the server, `<id>` the id of an internal error.
 */
const LINE = /^(?<peer>\d?)(?<way>[<>~]) (?<rest>.*)$/;

const SERVER_TOKEN = /^(BIN )?(n[0-9a-f]{16});/;
const ERROR_ID = /internal error [0-9a-f]{16}/;
const ERROR_ID_IN_DATA = /"id":"[0-9a-f]{16}"/;

class Replay {
  readonly #server: TestServer;
  readonly #sockets = new Map<string, MemorySocket>();
  /** What has come to each client and has not been compared yet. */
  readonly #read = new Map<string, number>();
  readonly #isClosed = new Set<string>();
  #token = '';

  constructor(server: TestServer) {
    this.#server = server;
  }

  async send(peer: string, text: string): Promise<void> {
    const frame = text.startsWith('T;') ? this.#token + text.slice(1) : text;
    this.#socket(peer).receive(frame.startsWith('BIN ') ? Buffer.from(frame.slice('BIN '.length)) : frame);
    await settle();
  }

  async pass(ms: number): Promise<void> {
    this.#socket('');
    this.#server.clock.advanceMs(ms);
    await settle();
  }

  /** Everything that has come to a client since it was last looked at, written as a transcript has it. */
  arrived(peer: string): string[] {
    const { sent, closedWith } = this.#socket(peer);
    const lines = sent.slice(this.#read.get(peer) ?? 0).map((data) => this.#lineOf(data));
    this.#read.set(peer, sent.length);
    if (closedWith && !this.#isClosed.has(peer)) {
      this.#isClosed.add(peer);
      lines.push(`close ${closedWith.code} ${closedWith.reason}`.replace(ERROR_ID, 'internal error <id>'));
    }
    return lines;
  }

  get peers(): string[] {
    return [...this.#sockets.keys()];
  }

  #socket(peer: string): MemorySocket {
    const socket = this.#sockets.get(peer) ?? this.#server.accept({ id: `id${peer || '1'}` }).socket;
    this.#sockets.set(peer, socket);
    return socket;
  }

  #lineOf(data: string | Uint8Array): string {
    const line = typeof data === 'string' ? data : `BIN ${Buffer.from(data)}`;
    const token = SERVER_TOKEN.exec(line)?.[2];
    if (token !== undefined) this.#token = token;
    return line
      .replace(SERVER_TOKEN, '$1T;')
      .replace(ERROR_ID, 'internal error <id>')
      .replace(ERROR_ID_IN_DATA, '"id":"<id>"');
  }
}

interface Step {
  readonly peer: string;
  readonly way: string;
  readonly rest: string;
}

function readSteps(text: string): Step[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { peer, way, rest } = LINE.exec(line)?.groups ?? {};
      if (peer === undefined || way === undefined || rest === undefined) throw new Error(`not a transcript: ${line}`);
      return { peer, way, rest };
    });
}

/** What the transcript says has come and what has come, side by side: `actual` is filled in by the server. */
async function replay(server: TestServer, steps: readonly Step[]): Promise<{ written: string[]; actual: string[] }> {
  const run = new Replay(server);
  const written: string[] = [];
  const actual: string[] = [];
  const compare = (expected: readonly Step[]): void => {
    for (const peer of run.peers) {
      const lines = expected.filter((step) => step.peer === peer && step.rest !== '(nothing)').map(({ rest }) => rest);
      written.push(...lines.map((line) => `${peer}< ${line}`));
      actual.push(...run.arrived(peer).map((line) => `${peer}< ${line}`));
    }
  };
  let expected: Step[] = [];
  for (const step of steps) {
    if (step.way === '<') {
      expected.push(step);
      continue;
    }
    if (expected.length > 0) compare(expected);
    expected = [];
    if (step.way === '~') await run.pass(Number.parseInt(step.rest, 10));
    else await run.send(step.peer, step.rest);
  }
  compare(expected);
  return { written, actual };
}

const transcripts = readBlocks(readFileSync('docs/protocol.md', 'utf8'))
  .filter(({ info }) => info.startsWith('transcript'))
  .map(({ info, text, line }) => ({ server: info.split(' ')[1] ?? '', steps: readSteps(text), line }));

describe('docs/protocol.md', () => {
  it('shows each of its servers, and every request from both sides', () => {
    const frames = transcripts.flatMap(({ steps }) => steps.map(({ way, rest }) => `${way} ${rest}`));
    const requests = ['_OnNamespaceConnect', '_OnNamespaceDisconnect', '_OnRoomJoin', '_OnRoomLeave'];

    expect([...new Set(transcripts.map(({ server }) => server))].sort()).toEqual(Object.keys(SERVERS).sort());
    for (const request of requests) {
      expect(frames.some((frame) => frame.startsWith('> $') && frame.includes(request))).toBe(true);
      expect(frames.some((frame) => frame.startsWith('< T') && frame.includes(request))).toBe(true);
    }
  });

  it.each(transcripts)('tells what the server does: line $line, $server', async ({ server, steps }) => {
    const make = SERVERS[server];
    if (!make) throw new Error(`no server for transcripts is named ${server}`);

    const { written, actual } = await replay(make(), steps);

    expect(actual).toEqual(written);
  });
});
