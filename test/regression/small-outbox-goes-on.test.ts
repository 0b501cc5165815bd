import { describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { OutgoingFrame, Socket } from '../../src/ports/socket.js';
import { Counters } from '../../src/server/counters.js';
import { Outbox, type SlowReaderPolicy } from '../../src/server/outbox.js';
import { WsSocket } from '../../src/transport/ws-socket.js';
import { Listening, wsOverSlowStream, wsPair } from '../transport/ws-pair.js';

const text = (data: string): OutgoingFrame => ({ data, binary: false, droppable: true });

function outboxOver(socket: Socket, maxOutboxBytes: number, slowReader: SlowReaderPolicy = 'close') {
  const metrics = new Counters();
  const options = { maxOutboxBytes, slowReader, metrics };
  const outbox = new Outbox(socket, options);
  outbox.listen(new Listening());
  return { outbox, metrics };
}

function received(client: WebSocket): string[] {
  const frames: string[] = [];
  client.on('message', (data: Buffer) => void frames.push(data.toString()));
  return frames;
}

describe('an Outbox of 20,000 bytes over a WsSocket', () => {
  it('sends what it held back at 10,000 bytes, of which the stream does not say drain', async () => {
    const { stream, socket, client } = await wsPair({ withListener: false });
    const { outbox } = outboxOver(socket, 20_000);
    const frames = received(client);
    client.pause();
    let sent = 0;
    for (; outbox.bufferedBytes === socket.bufferedBytes; sent++) outbox.send(text(`${sent}`.padEnd(2_000)));
    expect(socket.bufferedBytes).toBeGreaterThanOrEqual(10_000);
    expect(socket.bufferedBytes).toBeLessThan(stream.writableHighWaterMark);

    client.resume();

    await vi.waitFor(() => expect(frames).toHaveLength(sent), 5_000);
    expect(frames.map(Number)).toEqual(Array.from({ length: sent }, (_, index) => index));
  });

  it.each(['drop-newest', 'drop-oldest'] as const)(
    "sends on after a stall that lost messages with '%s'",
    async (slowReader) => {
      const { socket, client } = await wsPair({ withListener: false });
      const { outbox, metrics } = outboxOver(socket, 20_000, slowReader);
      const frames = received(client);
      client.pause();
      let sent = 0;
      for (; metrics.get('outbox.dropped') < 10; sent++) outbox.send(text('x'.repeat(2_000)));

      client.resume();
      await vi.waitFor(() => expect(frames).toHaveLength(sent - 10), 5_000);
      outbox.send(text('late'));

      await vi.waitFor(() => expect(frames.at(-1)).toBe('late'));
    },
  );
});

it('an Outbox of 2,000 bytes does not wait for pongs, which report nothing', async () => {
  const { ws, taking } = await wsOverSlowStream();
  const { outbox } = outboxOver(new WsSocket(ws), 2_000);
  for (let index = 0; index < 10; index++) ws.pong('x'.repeat(125));
  expect(ws.bufferedAmount).toBeGreaterThan(1_000);

  outbox.send(text('a'));
  outbox.send(text('b'));
  expect(outbox.bufferedBytes - ws.bufferedAmount).toBe(1);
  for (let index = 0; index < 10; index++) ws.pong('x'.repeat(125));
  // The header and the body of each, up to those of `a`.
  await taking(2 * 11);

  await vi.waitFor(() => expect(outbox.bufferedBytes).toBe(ws.bufferedAmount));
});

it('an Outbox of 4 MiB asks for no report of each message: there the stream says drain', async () => {
  const { stream, socket } = await wsPair({ withListener: false });
  const { outbox } = outboxOver(socket, 4 * 1024 * 1024);
  const write = vi.spyOn(stream, 'write');

  outbox.send(text('a'));

  expect(write.mock.lastCall).toEqual(['\x81\x01a', 'latin1']); // and no function to be called
});
