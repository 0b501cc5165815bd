import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { runBounded } from '../../bench/load/bounded-work.js';
import { Opener, type Rooms } from '../../bench/load/open.js';
import { PROTOCOLS } from '../../bench/load/protocols.js';
import { Tally } from '../../bench/load/tally.js';
import { prepareWork } from '../../bench/load/work.js';
import { MinimalChat } from '../../bench/peers/minimal-chat.js';

const servers: WebSocketServer[] = [];
const RUN = { ms: 30, drainMs: 300 };
const CAST = { kind: 'cluster-cast', groups: 2, senders: 2, bodyBytes: 64 } as const;
const RELAY = { kind: 'relay', pairs: 2, inFlight: 3, bodyBytes: 64 } as const;
const IN_TURN: Rooms = { kind: 'turn', of: 2 };

/** A server of the benchmark. What it sends may be spoilt on its way. */
async function serve(spoil?: (socket: WebSocket, index: number) => void): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  servers.push(server);
  const chat = new MinimalChat();
  let connections = 0;
  server.on('connection', (socket) => {
    spoil?.(socket, connections++);
    chat.accept(socket);
  });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port; // it listens on a port
}

/** Sends the first message of this event to one connection so many times instead of once. */
function sendTimes(event: string, times: number) {
  return (socket: WebSocket, index: number): void => {
    if (index !== 3) return;
    const send = socket.send.bind(socket);
    let left = 1;
    socket.send = (data: unknown) => {
      const isMeant = String(data).includes(`;${event};`) && left-- > 0;
      for (let time = 0; time < (isMeant ? times : 1); time++) send(String(data));
    };
  };
}

async function prepare(work: typeof CAST | typeof RELAY, port: number, groups: { count: number; rooms?: Rooms }[]) {
  const tally = new Tally();
  const opener = new Opener(PROTOCOLS.neffos, tally);
  for (const group of groups) await opener.open({ ...group, port });
  return { tally, opener, prepared: prepareWork(work, opener.opened, PROTOCOLS.neffos, tally) };
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  }
});

describe('a broadcast to the connections of several processes', () => {
  const groups = [{ count: 3 }, { count: 3 }];

  it('is counted whole: every message at every connection, run after run', async () => {
    const { tally, prepared } = await prepare(CAST, await serve(), groups);

    await runBounded(prepared, tally, RUN);
    const [audience] = prepared.audiences;
    const before = audience?.sent ?? 0;
    const { messages, p50Us } = await runBounded(prepared, tally, RUN);

    expect(before).toBeGreaterThan(2);
    expect(messages).toBe(6 * ((audience?.sent ?? 0) - before));
    expect(p50Us).toBeGreaterThan(0);
  });

  it('fails when one delivery of all is missing', async () => {
    const { tally, prepared } = await prepare(CAST, await serve(sendTimes('cast', 0)), groups);

    await expect(runBounded(prepared, tally, RUN)).rejects.toThrow(
      /^\d+ messages have arrived at a connection, of \d+/,
    );
  });

  it('fails when one has come twice', async () => {
    const { tally, prepared } = await prepare(CAST, await serve(sendTimes('cast', 2)), groups);

    const run = async () => {
      await runBounded(prepared, tally, RUN);
      for (const audience of prepared.audiences) audience.check();
    };

    await expect(run()).rejects.toThrow(/^\d+ messages have arrived at a connection, of \d+/);
  });

  it('refuses fewer connections of a process than there are senders', async () => {
    await expect(prepare(CAST, await serve(), [{ count: 2 }])).rejects.toThrow('2 connections do not do');
  });
});

describe('messages from senders to a receiver each', () => {
  const groups = [{ count: 2, rooms: IN_TURN }, { count: 2, rooms: IN_TURN }, { count: 1 }];

  it('are counted at the receivers, so many of each in flight, and reach nobody else', async () => {
    const { tally, opener, prepared } = await prepare(RELAY, await serve(), groups);
    const before = opener.opened.map(({ reader }) => reader.messages);

    const { messages } = await runBounded(prepared, tally, RUN);

    const sent = prepared.audiences.map((audience) => audience.sent);
    const received = opener.opened.map(({ reader }, index) => reader.messages - (before[index] ?? 0));
    expect(sent[0]).toBeGreaterThanOrEqual(3);
    expect(received).toEqual([sent[0], sent[1], sent[0], sent[1], 0]);
    expect(messages).toBe((sent[0] ?? 0) + (sent[1] ?? 0));
  });

  it('fail when one is missing at a receiver', async () => {
    const { tally, prepared } = await prepare(RELAY, await serve(sendTimes('say', 0)), groups);

    await expect(runBounded(prepared, tally, RUN)).rejects.toThrow('have arrived at a connection');
  });

  it('fail when they reach somebody who is in no room', async () => {
    const { prepared, opener } = await prepare(RELAY, await serve(), groups);
    const bystander = opener.opened[4];
    if (bystander) bystander.reader.messages++;

    expect(() => prepared.audiences.at(-1)?.check()).toThrow('1 messages have arrived at a connection, of 0');
  });

  it('are refused without a receiver for each sender', async () => {
    await expect(prepare(RELAY, await serve(), [{ count: 3 }])).rejects.toThrow('fewer connections than 2 pairs have');
  });
});
