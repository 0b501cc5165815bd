import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import * as ws from 'ws';
import type { OutgoingFrame } from '../../src/ports/socket.js';
import { FrameWriter } from '../../src/transport/frame-writer.js';
import { closeOf, wsPair } from './ws-pair.js';

/** How `ws` reads frames; its types leave it out. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

const text = (data: string): OutgoingFrame => ({ data, binary: false, droppable: true });
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream that remembers each write. */
function recording({ isStalled = false } = {}) {
  const writes: Buffer[] = [];
  const stream = new Writable({
    highWaterMark: isStalled ? 1 : 64 * 1024,
    write(chunk: Buffer, _encoding, done) {
      writes.push(chunk);
      if (!isStalled) done();
    },
  });
  let taken = 0;
  const writer = new FrameWriter(stream as unknown as Duplex, {
    onDrain: () => {
      taken += 1;
    },
  });
  return { writes, writer, stream, taken: () => taken };
}

/** What `ws` reads of the bytes. */
async function framesIn(bytes: Buffer): Promise<[string, boolean][]> {
  const frames: [string, boolean][] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on('message', (data: Buffer, isBinary: boolean) => frames.push([data.toString(), isBinary]));
  receiver.write(bytes);
  await turn();
  await turn();
  return frames;
}

describe('FrameWriter', () => {
  it.each([
    ['ASCII', 'x'],
    ['Latin', 'é'],
    ['Greek', 'λ'],
  ])('writes %s text of any length as ws reads it, alone or not', async (_, letter) => {
    for (const length of [0, 1, 62, 63, 125, 126, 8_190, 16_380, 16_381, 65_535, 65_536]) {
      const { writes, writer } = recording();
      const body = letter.repeat(length);

      writer.send(text(body));
      writer.send(text(body));
      await turn();

      expect(await framesIn(Buffer.concat(writes))).toEqual([
        [body, false],
        [body, false],
      ]);
    }
  });

  it('writes text as bytes where the frame says so', async () => {
    const { writes, writer } = recording();

    writer.send({ data: 'abc', binary: true, droppable: true });

    expect(await framesIn(Buffer.concat(writes))).toEqual([['abc', true]]);
  });

  it('writes what is alone at once, and what follows in the turn together at its end', async () => {
    const { writes, writer } = recording();

    for (const body of ['a', 'b', 'c']) writer.send(text(body));
    expect(writes.map(String)).toEqual(['\x81\x01a'.replace('\x81', '\ufffd')]);
    expect(writer.waitingBytes).toBe(6);
    await turn();

    expect(writes).toHaveLength(2);
    expect(await framesIn(Buffer.concat(writes))).toEqual([
      ['a', false],
      ['b', false],
      ['c', false],
    ]);
    expect(writer.waitingBytes).toBe(0);
  });

  it('writes all of a turn together after a turn of several, and what is alone at once again after one of one', async () => {
    const { writes, writer } = recording();
    writer.send(text('1'));
    writer.send(text('2'));
    await turn();
    writes.length = 0;

    writer.send(text('3'));
    writer.send(text('4'));
    expect(writes).toEqual([]);
    await turn();
    expect(writes).toHaveLength(1);

    writer.send(text('5'));
    expect(writes).toHaveLength(1);
    await turn();
    expect(writes).toHaveLength(2);

    writer.send(text('6'));
    expect(writes).toHaveLength(3);
  });

  it('writes before the end of the turn what is 16 KiB or more', () => {
    const { writes, writer } = recording();
    writer.send(text('first'));

    writer.send(text('x'.repeat(10_000)));
    expect(writes).toHaveLength(1);
    writer.send(text('y'.repeat(10_000)));

    expect(writes).toHaveLength(2);
    expect(writer.waitingBytes).toBe(0);
  });

  it.each([0, 1, 125, 126, 65_535, 65_536, 100_000])(
    'writes the length of %i bytes as the protocol says',
    async (length) => {
      const { writes, writer } = recording();
      const bytes = Buffer.alloc(length, 'b');

      writer.send({ data: bytes, binary: true, droppable: false });
      writer.send(text('t'.repeat(length)));
      await turn();

      expect(await framesIn(Buffer.concat(writes))).toEqual([
        ['b'.repeat(length), true],
        ['t'.repeat(length), false],
      ]);
    },
  );

  it('writes text that is not ASCII as UTF-8, half of a character included', async () => {
    const { writes, writer } = recording();

    for (const body of ['γειά', '🙂', 'é', 'half \ud83d']) writer.send(text(body));
    await turn();

    expect((await framesIn(Buffer.concat(writes))).map(([body]) => body)).toEqual(['γειά', '🙂', 'é', 'half \ufffd']);
  });

  it('finishes a frame that goes to many once, and forgets it with the turn', async () => {
    const [one, other] = [recording(), recording()];
    const frame: OutgoingFrame = { data: Buffer.from('shared'), binary: false, droppable: true };

    one.writer.send(frame);
    other.writer.send(frame);
    expect(one.writes[0]).toBe(other.writes[0]);
    await turn();
    one.writer.send(frame);

    expect(one.writes[1]).not.toBe(one.writes[0]);
    expect(one.writes[1]).toEqual(one.writes[0]);
  });

  it('tells that the stream has taken what waited, where it will not say so by itself', async () => {
    const roomy = recording();
    for (const body of ['a', 'b']) roomy.writer.send(text(body));
    await turn();
    expect(roomy.taken()).toBe(1);

    const narrow = recording({ isStalled: true });
    for (const body of ['a', 'b']) narrow.writer.send(text(body));
    await turn();
    expect(narrow.taken()).toBe(0);
  });

  it('keeps the order of one that is sent to while the turn of another ends', async () => {
    const { writes, writer } = recording();
    const stream = new Writable({ highWaterMark: 1_000, write: (_chunk, _encoding, done) => done() });
    const late: string[] = [];
    const onDrain = (): void => {
      for (const data of late) writer.send(text(data));
    };
    const other = new FrameWriter(stream as unknown as Duplex, { onDrain }); // a writer only writes
    for (const each of [other, writer]) for (const data of ['a', 'b']) each.send(text(data));
    await turn();

    other.send(text('c'));
    writer.send(text('c'));
    late.push('d');
    await turn();

    expect((await framesIn(Buffer.concat(writes))).map(([data]) => data)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('says whether the listener will be told when a frame has left', async () => {
    const roomy = recording();
    expect(roomy.writer.send(text('alone'))).toBe(false);
    expect(roomy.writer.send(text('waits for the end of the turn'))).toBe(true);
    await turn();

    const narrow = recording({ isStalled: true });
    expect(narrow.writer.send(text('more than the stream takes without a pause'))).toBe(true);
  });

  it('writes nothing to a stream that takes nothing any more', () => {
    const { writes, writer, stream } = recording();
    const failures: Error[] = [];
    stream.on('error', (error) => failures.push(error));
    stream.end();

    expect(writer.send(text('late'))).toBe(false);
    expect([writes, failures]).toEqual([[], []]);
  });

  it('writes nothing of what waits when it is closed, and nothing that comes then', async () => {
    const { writes, writer } = recording();
    for (const body of ['a', 'b']) writer.send(text(body));

    writer.close();
    expect(writer.send(text('c'))).toBe(false);
    await turn();

    expect(writes).toHaveLength(1);
  });
});

describe('a WsSocket that joins writes', () => {
  it('sends what waits before its own close frame', async () => {
    const { socket, client } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data) => frames.push(String(data)));
    for (const body of ['a', 'b', 'c']) socket.send(text(body));

    socket.close(4000, 'done');

    expect(await closeOf(client)).toEqual({ code: 4000, reason: 'done' });
    expect(frames).toEqual(['a', 'b', 'c']);
  });

  it('goes on where a close frame could not carry the code', async () => {
    const { socket, ws, client } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data) => frames.push(String(data)));
    socket.send(text('a'));
    socket.send(text('b'));

    expect(() => ws.close(99)).toThrow(TypeError);
    socket.send(text('c'));

    await vi.waitFor(() => expect(frames).toEqual(['a', 'b', 'c']));
  });

  it('sends nothing after a close frame', async () => {
    const { socket, client } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data) => frames.push(String(data)));

    socket.close(4000, '');
    expect(socket.send(text('late'))).toBe(false);

    expect(await closeOf(client)).toEqual({ code: 4000, reason: '' });
    expect(frames).toEqual([]);
  });

  it('sends what waits before the close frame with which ws answers the peer', async () => {
    const { socket, listener, client, net } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data) => frames.push(String(data)));
    listener.whenDrained = () => {};
    const onFrame = listener.onFrame.bind(listener);
    listener.onFrame = (data) => {
      onFrame(data);
      for (const body of ['a', 'b', 'c']) socket.send(text(body));
    };

    // A message and a close frame in one segment.
    net.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x78, 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]));

    await vi.waitFor(() => expect(listener.closes).toEqual([{ code: 1000, reason: '' }]));
    await vi.waitFor(() => expect(frames).toEqual(['a', 'b', 'c']));
  });

  it('counts what waits in bufferedBytes', async () => {
    const { socket } = await wsPair();
    socket.send(text('a'));
    const before = socket.bufferedBytes;

    socket.send(text('b'.repeat(1_000)));

    expect(socket.bufferedBytes - before).toBe(1_004);
  });

  it('sends pings between, and keeps the order of messages', async () => {
    const { socket, client } = await wsPair();
    const frames: string[] = [];
    client.on('message', (data) => frames.push(String(data)));
    client.on('ping', () => frames.push('ping'));

    for (let index = 0; index < 100; index++) {
      socket.send(text(String(index)));
      if (index % 10 === 0) socket.ping();
    }

    await vi.waitFor(() => expect(frames).toHaveLength(110));
    const messages = frames.filter((frame) => frame !== 'ping');
    expect(messages).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });
});
