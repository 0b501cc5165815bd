import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { WsSocket } from '../../src/transport/ws-socket.js';
import { Listening, wsPair } from './ws-pair.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A `ws` WebSocket over a stream that is fed piece by piece. */
async function fed(options: ServerOptions = {}) {
  const written: Buffer[] = [];
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      done();
    },
  });
  const server = new WebSocketServer({ noServer: true, ...options });
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-version': '13',
  };
  const request = { method: 'GET', headers } as unknown as IncomingMessage; // all that ws reads of it
  const ws = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, stream, Buffer.alloc(0), resolve);
  });
  await turn();
  written.length = 0;
  return { ws, stream, written, options: server.options };
}

interface Seen {
  readonly frames: string[];
  readonly closes: object[];
  readonly written: string;
  readonly pongs: number;
}

/** What is seen of these pieces, with and without reading past `ws`. */
async function seenOf(
  pieces: readonly Buffer[],
  { withReader }: { withReader: boolean },
  options: ServerOptions,
): Promise<Seen> {
  const { ws, stream, written, options: serverOptions } = await fed(options);
  const listener = new Listening();
  const socket = new WsSocket(ws, { stream, settings: { ...(withReader && { serverOptions }), closeGraceMs: 5 } });
  socket.listen(listener, { holdBackBytes: 64 * 1024 });
  for (const piece of pieces) {
    stream.push(Buffer.from(piece)); // a copy: masks are taken off in place
    await turn();
  }
  stream.push(null);
  await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
  return {
    frames: listener.frames.map((frame) => (typeof frame === 'string' ? `text ${frame}` : `bytes ${[...frame]}`)),
    closes: listener.closes,
    written: Buffer.concat(written).toString('hex'),
    pongs: listener.pongs,
  };
}

interface Frame {
  readonly first: number;
  readonly isMasked: boolean;
  readonly mask: number;
  readonly payload: Uint8Array;
}

function bytesOf({ first, isMasked, mask, payload }: Frame): Buffer {
  const bit = isMasked ? 0x80 : 0;
  const header =
    payload.length < 126
      ? Buffer.from([first, bit | payload.length])
      : Buffer.from([first, bit | 126, payload.length >> 8, payload.length & 0xff]);
  if (!isMasked) return Buffer.concat([header, payload]);
  const key = Buffer.alloc(4);
  key.writeUInt32BE(mask >>> 0);
  return Buffer.concat([header, key, payload.map((byte, index) => byte ^ (key[index % 4] ?? 0))]);
}

const text = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ minLength: 100, maxLength: 300 }))
  .map((body) => new TextEncoder().encode(body));
const payload = fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) });
const opcodes = [0x81, 0x81, 0x81, 0x81, 0x81, 0x82, 0x82];
const frame = fc.record({
  first: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...opcodes) },
    { weight: 3, arbitrary: fc.constantFrom(0x89, 0x8a, 0x01, 0x00, 0x80, 0x02) },
    { weight: 1, arbitrary: fc.constantFrom(0x88, 0x83, 0xc1, 0x91, 0x09) },
  ),
  isMasked: fc.oneof({ weight: 30, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  mask: fc.integer(),
  payload,
});

describe('frames that are read past ws', () => {
  it('are those that ws reads, however they are cut, and everything else is as ws has it', async () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 12 }), cuts, async (frames, cutsAt) => {
        const bytes = Buffer.concat(frames.map(bytesOf));
        const places = [...new Set(cutsAt.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places]
          .map((start, index) => bytes.subarray(start, places[index] ?? bytes.length))
          .filter((piece) => piece.length > 0);

        const past = await seenOf(pieces, { withReader: true }, { maxPayload: 250 });
        const byWs = await seenOf(pieces, { withReader: false }, { maxPayload: 250 });

        expect(past).toEqual(byWs);
      }),
      { numRuns: 80 },
    );
  }, 60_000);

  it('never reach ws, and what follows a ping does again', async () => {
    const { ws, stream, options } = await fed();
    const byWs: string[] = [];
    ws.on('message', (data) => byWs.push(String(data)));
    const listener = new Listening();
    new WsSocket(ws, { stream, settings: { serverOptions: options } }).listen(listener);
    const masked = (first: number, body: string): Buffer =>
      bytesOf({ first, isMasked: true, mask: 0x01020304, payload: Buffer.from(body) });

    stream.push(Buffer.concat([masked(0x81, 'a'), masked(0x81, 'γειά'), masked(0x82, 'b')]));
    await turn();
    expect(byWs).toEqual([]);
    stream.push(Buffer.concat([masked(0x89, 'ping'), masked(0x81, 'in the same piece')]));
    await turn();
    expect(byWs).toEqual(['in the same piece']);
    stream.push(masked(0x81, 'past again'));
    await turn();

    expect(byWs).toEqual(['in the same piece']);
    const frames = listener.frames.map((data) => (typeof data === 'string' ? data : Buffer.from(data).toString()));
    expect(frames).toEqual(['a', 'γειά', 'b', 'in the same piece', 'past again']);
    ws.terminate();
  });

  it('are left to ws where it tells of messages later, or another listens to the stream', async () => {
    for (const prepare of [
      async () => await fed({ allowSynchronousEvents: false }),
      async () => {
        const parts = await fed();
        parts.stream.on('data', () => {});
        return parts;
      },
    ]) {
      const { ws, stream, options } = await prepare();
      const byWs: string[] = [];
      ws.on('message', (data) => byWs.push(String(data)));
      new WsSocket(ws, { stream, settings: { serverOptions: options } }).listen(new Listening());

      stream.push(bytesOf({ first: 0x81, isMasked: true, mask: 1, payload: Buffer.from('a') }));

      await vi.waitFor(() => expect(byWs).toEqual(['a']));
      ws.terminate();
    }
  });

  it('that are larger than maxPayload close with 1009, as by ws', async () => {
    const { client, listener } = await wsPair({ server: { maxPayload: 100 } });
    client.send('x'.repeat(101));

    await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
    expect(listener.frames).toEqual([]);
  });

  it('stop when a handler ends the connection', async () => {
    const { client, listener, socket } = await wsPair();
    const onFrame = listener.onFrame.bind(listener);
    listener.onFrame = (data) => {
      onFrame(data);
      socket.terminate();
    };
    onTestFinished(() => client.terminate());
    client.send('first');
    client.send('second');

    await vi.waitFor(() => expect(listener.closes).toHaveLength(1));
    expect(listener.frames[0]).toBe('first');
    expect(listener.frames.length).toBeLessThanOrEqual(2);
  });
});

describe('messages that are not whole', () => {
  const masked = (first: number, body: string): Buffer =>
    bytesOf({ first, isMasked: true, mask: 0x01020304, payload: Buffer.from(body) });
  const whole = masked(0x81, 'x'.repeat(100));
  const ping = masked(0x89, 'ping');

  /** A socket that reads here, or leaves all to ws. */
  async function listening(options: ServerOptions = {}, messageTimeoutMs = Number.POSITIVE_INFINITY) {
    const { ws, stream, options: serverOptions } = await fed(options);
    onTestFinished(() => ws.terminate());
    const listener = new Listening();
    const socket = new WsSocket(ws, { stream, settings: { serverOptions, messageTimeoutMs } });
    socket.listen(listener);
    const push = async (piece: Buffer): Promise<void> => {
      stream.push(Buffer.from(piece));
      await turn();
      await turn();
    };
    return { listener, socket, push };
  }

  it.each([
    ['read here', {}],
    ['left to ws', { allowSynchronousEvents: false }],
  ])('are counted in unfinishedBytes until they are, where frames are %s', async (_, options) => {
    const { listener, socket, push } = await listening(options);

    expect(socket.unfinishedBytes).toBe(0);
    await push(whole.subarray(0, 40));
    expect(socket.unfinishedBytes).toBe(40);
    await push(whole.subarray(40, 60));
    expect(socket.unfinishedBytes).toBe(60);
    await push(whole.subarray(60));

    expect(socket.unfinishedBytes).toBe(0);
    await vi.waitFor(() => expect(listener.frames).toHaveLength(1));
  });

  it('are so as fragments, too, with what comes between them', async () => {
    const { listener, socket, push } = await listening();
    const first = masked(0x01, 'frag');

    await push(first);
    await push(ping);
    expect(socket.unfinishedBytes).toBe(first.length + ping.length);
    await push(masked(0x80, 'ments'));

    expect(socket.unfinishedBytes).toBe(0);
    await vi.waitFor(() => expect(listener.frames).toEqual(['fragments']));
  });

  it.each([
    ['a frame that comes byte by byte', whole.subarray(0, 50), whole.subarray(50, 51)],
    ['fragments, however many pings come between them', masked(0x01, 'first'), ping],
  ])('are overdue after messageTimeoutMs, when more of them comes: %s', async (_, begin, more) => {
    const { listener, push } = await listening({}, 30);

    await push(begin);
    await push(more);
    expect(listener.overdue).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(listener.overdue).toBe(0);
    await push(more);

    expect(listener.overdue).toBe(1);
  });

  it('have their whole time again after a pause', async () => {
    const { listener, socket, push } = await listening({}, 40);

    await push(whole.subarray(0, 50));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 60));
    socket.resume();
    await push(whole.subarray(50, 60));

    expect(listener.overdue).toBe(0);
  });

  it('are not overdue once they are whole, however long that took', async () => {
    const { listener, push } = await listening({}, 30);

    await push(whole.subarray(0, 50));
    await new Promise((resolve) => setTimeout(resolve, 40));
    await push(whole.subarray(50));
    await push(whole.subarray(0, 50));

    expect(listener.overdue).toBe(0);
    expect(listener.frames).toHaveLength(1);
  });

  it('are counted, and timed, from where they begin, though no piece ever ends where a message does', async () => {
    const { listener, socket, push } = await listening({}, 150);
    const across = Buffer.concat([whole.subarray(60), ping, whole.subarray(0, 60)]);

    await push(whole.subarray(0, 60));
    for (let piece = 0; piece < 6; piece++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      await push(across);
      expect(socket.unfinishedBytes).toBe(60);
    }
    expect(listener.overdue).toBe(0);
    await push(whole.subarray(60));

    expect(socket.unfinishedBytes).toBe(0);
    expect(listener.frames).toHaveLength(7);
  });
});
