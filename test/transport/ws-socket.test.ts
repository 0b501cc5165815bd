import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { OutgoingFrame } from '../../src/ports/socket.js';
import { Counters } from '../../src/server/counters.js';
import { Outbox } from '../../src/server/outbox.js';
import { WsSocket } from '../../src/transport/ws-socket.js';
import { closeOf, Listening, type PairOptions, SOCKET_BYTES, wsOverSlowStream, wsPair } from './ws-pair.js';

const text = (data: string): OutgoingFrame => ({ data, binary: false, droppable: true });
const MIB = 1024 * 1024;
/** More than the buffers of a loopback connection take from a sender whose peer does not read. */
const MUCH = 32;

/** A masked text frame of a client, with a mask of zeros. */
const maskedText = (body: string): Buffer => Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0, ...Buffer.from(body)]);

const COMPRESSED: PairOptions = {
  server: { perMessageDeflate: { threshold: 0 } },
  client: { perMessageDeflate: true },
};

/** Everything that arrives at the client, as text. */
function received(client: { on(event: 'message', listener: (data: Buffer) => void): unknown }): string[] {
  const frames: string[] = [];
  client.on('message', (data) => void frames.push(data.toString()));
  return frames;
}

describe('WsSocket', () => {
  describe('listen', () => {
    it('hands over text as a string and bytes as bytes, in order', async () => {
      const { client, listener } = await wsPair();

      client.send('γειά');
      client.send(Uint8Array.of(0, 255));
      client.send('');
      client.send(new Uint8Array());

      await vi.waitFor(() => expect(listener.frames).toHaveLength(4));
      const [greeting, bytes, empty, noBytes] = listener.frames;
      expect([greeting, empty]).toEqual(['γειά', '']);
      // Not a Buffer, whose slice, toString and JSON are others.
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      expect([...(bytes ?? '')]).toEqual([0, 255]);
      expect(noBytes).toBeInstanceOf(Uint8Array);
    });

    it('hands over a fragmented message, and one of any binaryType, as one', async () => {
      const { ws, client, listener } = await wsPair();
      for (const binaryType of ['nodebuffer', 'arraybuffer', 'fragments'] as const) {
        ws.binaryType = binaryType;
        client.send(Uint8Array.of(1), { fin: false });
        client.send(Uint8Array.of(2), { fin: true });
        await vi.waitFor(() => expect(listener.frames.map((frame) => [...frame])).toContainEqual([1, 2]));
        listener.frames.length = 0;
      }
    });

    it('tells of a socket that has closed already with 1006', async () => {
      const { ws, client } = await wsPair({ withListener: false });
      client.terminate();
      await closeOf(ws);
      const listener = new Listening();

      new WsSocket(ws).listen(listener);

      expect(listener.closes).toEqual([{ code: 1006, reason: '' }]);
    });
  });

  describe('send', () => {
    it('sends text and bytes as what they are, and bytes as text where binary is false', async () => {
      const { socket, client } = await wsPair();
      const got: [string, boolean][] = [];
      client.on('message', (data: Buffer, isBinary) => void got.push([data.toString(), isBinary]));

      socket.send(text('a'));
      socket.send({ data: Buffer.from('b'), binary: true, droppable: false });
      socket.send({ data: Buffer.from('c'), binary: false, droppable: false });

      await vi.waitFor(() => expect(got).toHaveLength(3));
      expect(got).toEqual([
        ['a', false],
        ['b', true],
        ['c', false],
      ]);
    });

    it('leaves the bytes as they are, which may go to many', async () => {
      const { socket, client } = await wsPair();
      const frames = received(client);
      const data = Buffer.from('shared');

      for (let index = 0; index < 3; index++) socket.send({ data, binary: false, droppable: true });

      await vi.waitFor(() => expect(frames).toEqual(['shared', 'shared', 'shared']));
      expect(data.toString()).toBe('shared');
    });

    it.each<[string, PairOptions]>([
      ['a known stream', {}],
      ['an unknown stream', { withStream: false }],
      ['compression', COMPRESSED],
    ])(
      'counts in bufferedBytes what a paused client does not take, and drains when it does, with %s',
      async (_, options) => {
        const { socket, listener, client } = await wsPair(options);
        const frames = received(client);
        client.pause();
        // Noise, so that compression does not make it small.
        const block = Array.from({ length: MIB / 8 }, () => Math.random().toString(36).slice(2, 10)).join('');

        for (let index = 0; index < MUCH; index++) socket.send(text(block));
        expect(socket.bufferedBytes).toBeGreaterThan(MIB);
        const drains = listener.drains;
        client.resume();

        await vi.waitFor(() => expect(frames).toHaveLength(MUCH), 15_000);
        await vi.waitFor(() => expect(socket.bufferedBytes).toBe(0));
        expect(listener.drains).toBeGreaterThan(drains);
      },
    );

    it('does nothing after the close', async () => {
      const { socket, listener, client } = await wsPair();
      const frames = received(client);

      socket.close(1000, '');
      socket.send(text('late'));
      socket.ping();
      await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
      socket.send(text('later'));
      socket.pause();
      socket.resume();
      socket.close(1000, '');
      socket.terminate();

      expect(frames).toEqual([]);
      expect(socket.isOpen).toBe(false);
      expect(listener.closes).toEqual([{ code: 1000, reason: '' }]);
    });
  });

  it('tells of the pong that answers a ping', async () => {
    const { ws, socket, listener } = await wsPair();

    socket.ping();

    await vi.waitFor(() => expect(listener.pongs).toBe(1));
    socket.ping();
    await vi.waitFor(() => expect(listener.pongs).toBe(2));
    expect(ws.listenerCount('pong')).toBe(1);
  });

  it('hands nothing over while it is paused, and everything in order afterwards', async () => {
    const { ws, socket, listener, client } = await wsPair();
    socket.pause();

    for (const frame of ['a', 'b', 'c']) client.send(frame);
    await new Promise<void>((resolve) => client.send('d', () => resolve()));
    expect(ws.isPaused).toBe(true);
    expect(listener.frames).toEqual([]);
    socket.resume();

    await vi.waitFor(() => expect(listener.frames).toEqual(['a', 'b', 'c', 'd']));
  });

  describe('close', () => {
    it('sends the code and the reason, and tells them when the peer has answered', async () => {
      const { socket, listener, client } = await wsPair();
      const closed = closeOf(client);

      socket.close(4001, 'γειά');

      expect(await closed).toEqual({ code: 4001, reason: 'γειά' });
      await vi.waitFor(() => expect(listener.closes).toEqual([{ code: 4001, reason: 'γειά' }]));
    });

    it('sends what was sent before it, also to a slow reader', async () => {
      const { socket, client } = await wsPair();
      const frames = received(client);
      client.pause();
      for (let index = 0; index < 8; index++) socket.send(text(String(index).repeat(MIB)));

      socket.close(1000, '');
      client.resume();
      await closeOf(client);

      expect(frames.map((frame) => frame[0])).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
    });

    it('ends a socket whose peer does not answer with 1006 after closeGraceMs', async () => {
      const { ws, socket, listener, client } = await wsPair({ closeGraceMs: 50 });
      client.pause();

      socket.close(1013, 'too slow');
      expect(listener.closes).toEqual([]);
      await closeOf(ws);

      expect(listener.closes).toEqual([{ code: 1006, reason: '' }]);
    });

    it('sees the answer also where reading was paused', async () => {
      const { socket, listener } = await wsPair();
      socket.pause();

      socket.close(1001, '');

      await vi.waitFor(() => expect(listener.closes).toEqual([{ code: 1001, reason: '' }]));
    });
  });

  it.each([
    ['a close frame as it is', 4002, 'bye', { code: 4002, reason: 'bye' }],
    ['a close frame without a code as 1005', undefined, undefined, { code: 1005, reason: '' }],
  ])('tells of %s, once', async (_, code, reason, expected) => {
    const { socket, listener, client } = await wsPair();

    client.close(code, reason);

    await vi.waitFor(() => expect(listener.closes).toEqual([expected]));
    expect(socket.isOpen).toBe(false);
  });

  it('tells of a peer that vanishes as 1006, once', async () => {
    const { listener, net } = await wsPair();

    net.resetAndDestroy();

    await vi.waitFor(() => expect(listener.closes).toEqual([{ code: 1006, reason: '' }]));
  });

  it('ends at once with terminate', async () => {
    const { socket, listener, client } = await wsPair();
    const closed = closeOf(client);

    socket.terminate();

    expect(await closed).toMatchObject({ code: 1006 });
    await vi.waitFor(() => expect(listener.closes).toEqual([{ code: 1006, reason: '' }]));
  });

  describe('what breaks the rules', () => {
    // ws answers with a close frame of its own and reports 1006, or the code it has found to be right.
    const violations: [string, Buffer, number][] = [
      ['an unmasked frame', Buffer.from([0x81, 0x01, 0x61]), 1002],
      ['the reserved bit RSV1', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
      ['the reserved opcode 3', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
      ['the reserved opcode 11', Buffer.from([0x8b, 0x80, 0, 0, 0, 0]), 1002],
      ['a fragmented ping', Buffer.from([0x09, 0x80, 0, 0, 0, 0]), 1002],
      ['a ping of 126 bytes', Buffer.from([0x89, 0xfe, 0, 126, 0, 0, 0, 0]), 1002],
      ['a continuation of nothing', Buffer.from([0x80, 0x80, 0, 0, 0, 0]), 1002],
      ['text that is not UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
      ['a length of 2^53', Buffer.from([0x82, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ];

    it.each(violations)('ends the connection for %s, and no error gets out', async (_, frame, code) => {
      const { ws, listener, client, net } = await wsPair();
      const closed = closeOf(client);

      net.write(frame);

      expect(await closed).toMatchObject({ code });
      await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
      expect(listener.frames).toEqual([]);
      expect(ws.readyState).toBe(ws.CLOSED);
    });

    it('lets no error out of a socket that is closed without ever being listened to', async () => {
      const { ws, socket, net } = await wsPair({ withListener: false });
      const closed = closeOf(ws);

      net.write(Buffer.from([0x81, 0x01, 0x61]));
      socket.close(1013, 'server full');

      await closed;
      expect(ws.listenerCount('error')).toBe(1);
    });

    it('ends a peer that floods with pings and reads none of the pongs', async () => {
      const { ws, socket, client, net } = await wsPair();
      const closed = closeOf(ws);
      client.pause();
      const ping = Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0, ...Buffer.alloc(125)]);

      net.write(Buffer.concat(Array.from({ length: 200_000 }, () => ping)));
      await closed;

      expect(socket.isOpen).toBe(false);
    });

    it('still hands over what came before', async () => {
      const { listener, net } = await wsPair();

      net.write(Buffer.concat([maskedText('fine'), Buffer.from([0x81, 0x01, 0x61])]));

      await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
      expect(listener.frames).toEqual(['fine']);
    });

    it('closes with 1009 a compressed message that is larger than maxPayload once it is inflated', async () => {
      const { listener, client } = await wsPair({
        server: { perMessageDeflate: true, maxPayload: MIB },
        client: { perMessageDeflate: { threshold: 0 } },
      });
      const closed = closeOf(client);

      client.send('x'.repeat(64 * MIB));

      expect(await closed).toMatchObject({ code: 1009 });
      await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
      expect(listener.frames).toEqual([]);
    });
  });

  it('speaks permessage-deflate with a client that does', async () => {
    const { ws, socket, listener, client } = await wsPair(COMPRESSED);
    const frames = received(client);
    expect(ws.extensions).toContain('permessage-deflate');

    for (let index = 0; index < 100; index++) socket.send(text(`${index} `.repeat(500)));
    client.send('y'.repeat(10_000));

    await vi.waitFor(() => expect(frames).toHaveLength(100));
    expect(frames.map((frame) => Number.parseInt(frame, 10))).toEqual(Array.from({ length: 100 }, (_, index) => index));
    await vi.waitFor(() => expect(listener.frames).toEqual(['y'.repeat(10_000)]));
  });
});

describe('an Outbox over a WsSocket', () => {
  const closings: [string, PairOptions][] = [
    ['a known stream', {}],
    ['an unknown stream', { withStream: false }],
    ['compression', COMPRESSED],
  ];

  function outboxOver(socket: WsSocket, maxOutboxBytes: number) {
    const metrics = new Counters();
    const listener = new Listening();
    let closedCount = 0;
    const outbox = new Outbox(socket, {
      maxOutboxBytes,
      slowReader: 'close',
      metrics,
    });
    outbox.belongTo({
      heard: () => {},
      onSocketClosed: () => {
        closedCount += 1;
      },
    });
    outbox.listen(listener);
    return { outbox, metrics, listener, closed: () => closedCount };
  }

  it.each(closings)('loses nothing and keeps the order for a client that reads late, with %s', async (_, options) => {
    const { socket, client } = await wsPair({ ...options, withListener: false });
    const { outbox } = outboxOver(socket, 64 * MIB);
    const frames = received(client);
    client.pause();

    for (let index = 0; index < 2_000; index++) outbox.send(text(`${index} ${'x'.repeat(8_000)}`));
    outbox.ping();
    client.resume();

    await vi.waitFor(() => expect(frames).toHaveLength(2_000), 15_000);
    expect(frames.map((frame) => Number.parseInt(frame, 10))).toEqual(
      Array.from({ length: 2_000 }, (_, index) => index),
    );
    expect(outbox.bufferedBytes).toBeLessThan(16 * 1024);
  });

  it('goes on after a stall in which a ping was sent last, where only sends report', async () => {
    const { ws, taking } = await wsOverSlowStream();
    const { outbox } = outboxOver(new WsSocket(ws), MIB);
    outbox.send(text('a'.repeat(SOCKET_BYTES)));
    outbox.send(text('b'));
    outbox.ping();

    // The frame of `a`, header and body; then the ping is what is left, and reports nothing.
    await taking(2);
    await vi.waitFor(() => expect(outbox.bufferedBytes).toBeLessThan(100));

    // The ping of two bytes, and the frame of three.
    await vi.waitFor(() => expect(ws.bufferedAmount).toBe(2 + 3));
  });

  it('goes on where the stream may buffer a megabyte before it asks for a pause', async () => {
    const server = createServer({ highWaterMark: MIB }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    const { stream, socket, client } = await wsPair({ server: { server }, withListener: false });
    expect(stream.writableHighWaterMark).toBe(MIB);
    const { outbox } = outboxOver(socket, 2 * MIB);
    const frames = received(client);
    client.pause();
    while (socket.bufferedBytes < SOCKET_BYTES) outbox.send(text('x'.repeat(32_000)));
    outbox.send(text('last'));
    expect(outbox.bufferedBytes - socket.bufferedBytes).toBe(4);

    client.resume();

    await vi.waitFor(() => expect(frames.at(-1)).toBe('last'), 15_000);
  });

  it('ends the network connection of a reader that has overflowed, and its session, and sends nothing more', async () => {
    const { ws, stream, socket, client } = await wsPair({ withListener: false, closeGraceMs: 100 });
    const { outbox, listener, metrics, closed } = outboxOver(socket, 2 * MIB);
    const frames = received(client);
    client.pause();

    for (let index = 0; index < 2 * MUCH; index++) outbox.send(text(`${index} ${'x'.repeat(MIB)}`));
    expect(listener.closes).toEqual([{ code: 1013, reason: 'too slow' }]);
    expect(closed()).toBe(0);
    await closeOf(ws);

    expect(stream.destroyed).toBe(true);
    expect(closed()).toBe(1);
    expect(listener.closes).toHaveLength(1);
    expect(metrics.snapshot()).toEqual({ 'outbox.overflowed': 1 });
    expect(outbox.bufferedBytes).toBe(0);
    client.resume();
    await closeOf(client);
    expect(frames.length).toBeLessThan(2 * MUCH);
  });

  it('tells a reader that has overflowed and reads on 1013, after what was on its way', async () => {
    const { socket, client } = await wsPair({ withListener: false });
    const { outbox } = outboxOver(socket, 2 * MIB);
    client.pause();
    for (let index = 0; index < 2 * MUCH; index++) outbox.send(text('x'.repeat(MIB)));
    const closed = closeOf(client);

    client.resume();

    expect(await closed).toEqual({ code: 1013, reason: 'too slow' });
  });
});
