import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { namesOf, Opener, type Opening } from '../../bench/load/open.js';
import { PROTOCOLS } from '../../bench/load/protocols.js';
import { Tally } from '../../bench/load/tally.js';
import { startWork, type Work } from '../../bench/load/work.js';
import { MinimalChat } from '../../bench/peers/minimal-chat.js';

interface Received {
  readonly from: number;
  readonly text: string;
}

const servers: WebSocketServer[] = [];

/** A server of the benchmark that keeps what it receives. */
async function serve(): Promise<{ port: number; received: Received[] }> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  servers.push(server);
  const chat = new MinimalChat();
  const received: Received[] = [];
  let connections = 0;
  server.on('connection', (socket) => {
    const from = connections++;
    chat.accept(socket);
    socket.on('message', (data) => received.push({ from, text: String(data) }));
  });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  return { port: address.port, received };
}

/** Opens, works until so many messages have come back, and gives what the server has received. */
async function runWork(work: Work, opening: Omit<Opening, 'port'>, messages: number): Promise<readonly Received[]> {
  const { port, received } = await serve();
  const tally = new Tally();
  tally.limit = messages;
  const opener = new Opener(PROTOCOLS.neffos, tally);
  await opener.open({ ...opening, port });
  tally.reset();
  startWork(work, opener.opened, PROTOCOLS.neffos, tally);
  await expect.poll(() => tally.isFull).toBe(true);
  return received;
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  }
});

describe('namesOf', () => {
  it('gives all connections the same rooms, or every so many of them one of their own', () => {
    expect(namesOf({ kind: 'same', count: 3 }, 70)).toEqual(['room-0', 'room-1', 'room-2']);
    expect([0, 9, 10, 70].map((index) => namesOf({ kind: 'own', size: 10 }, index))).toEqual([
      ['room-0'],
      ['room-0'],
      ['room-1'],
      ['room-7'],
    ]);
  });

  it('gives them one of so many rooms in turn, or so many of its own to each', () => {
    expect([0, 1, 2, 3].map((index) => namesOf({ kind: 'turn', of: 2 }, index))).toEqual([
      ['room-0'],
      ['room-1'],
      ['room-0'],
      ['room-1'],
    ]);
    expect([0, 7].map((index) => namesOf({ kind: 'each', count: 2 }, index))).toEqual([
      ['room-0', 'room-1'],
      ['room-14', 'room-15'],
    ]);
  });
});

describe('startWork', () => {
  it('sends to each of the rooms in turn, which all connections have joined', async () => {
    const work: Work = { kind: 'cast', senders: 1, bodyBytes: 8, rooms: 3 };

    const received = await runWork(work, { count: 2, rooms: { kind: 'same', count: 3 } }, 14);

    const rooms = received.filter(({ text }) => text.includes(';say;')).map(({ text }) => text.split(';')[2]);
    expect(rooms.slice(0, 7)).toEqual(['room-0', 'room-1', 'room-2', 'room-0', 'room-1', 'room-2', 'room-0']);
    expect(received.filter(({ text }) => text.includes('_OnRoomJoin'))).toHaveLength(6);
  });

  it('echoes on the busy connections alone', async () => {
    const work: Work = { kind: 'echo', as: 'emit', inFlight: 1, bodyBytes: 8, busy: 2 };

    const received = await runWork(work, { count: 5 }, 20);

    const echoes = received.filter(({ text }) => text.includes(';echo;'));
    expect(echoes.length).toBeGreaterThanOrEqual(20);
    expect(new Set(echoes.map(({ from }) => from)).size).toBe(2);
  });
});
