import { describe, expect, it } from 'vitest';
import type { SocketListener } from '../../src/ports/socket.js';
import { PairedSocket } from '../../src/testing/paired-socket.js';
import { untilQuiet } from '../../src/testing/quiet.js';

/** Writes down what an end is told. */
function listenTo(socket: PairedSocket): string[] {
  const told: string[] = [];
  const listener: SocketListener = {
    onFrame: (data) => void told.push(typeof data === 'string' ? data : `bytes ${data.join(' ')}`),
    onPong: () => void told.push('pong'),
    onOverdue: () => void told.push('overdue'),
    onCrowded: () => void told.push('crowded'),
    onDrain: () => void told.push('drain'),
    onClose: (code, reason) => void told.push(`close ${code} ${reason}`.trim()),
  };
  socket.listen(listener);
  return told;
}

const text = (data: string) => ({ data, binary: false, droppable: false });
const binary = (...bytes: number[]) => ({ data: new Uint8Array(bytes), binary: true, droppable: false });

describe('PairedSocket', () => {
  it('delivers in a later turn, in order, and says when all has been read', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];

    a.send(text('one'));
    a.send(binary(1, 2));
    expect([ofB, a.bufferedBytes]).toEqual([[], 5]);
    await untilQuiet();

    expect(ofB).toEqual(['one', 'bytes 1 2']);
    expect([ofA, a.bufferedBytes]).toEqual([['drain'], 0]);
  });

  it('delivers what was sent before anybody listened, and text that is bytes as text', async () => {
    const [a, b] = PairedSocket.pair();
    a.send({ data: new TextEncoder().encode('héllo'), binary: false, droppable: false });
    await untilQuiet();

    const ofB = listenTo(b);
    await untilQuiet();

    expect(ofB).toEqual(['héllo']);
  });

  it('copies bytes, as a network does', async () => {
    const [a, b] = PairedSocket.pair();
    const ofB = listenTo(b);
    const frame = binary(1);

    a.send(frame);
    frame.data[0] = 9;
    await untilQuiet();

    expect(ofB).toEqual(['bytes 1']);
  });

  it('holds back while the other end does not read', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];
    b.pause();
    a.send(text('one'));
    a.ping();
    await untilQuiet();
    expect([ofA, ofB, a.bufferedBytes]).toEqual([[], [], 3]);

    b.resume();
    await untilQuiet();

    expect([ofA, ofB, a.bufferedBytes]).toEqual([['drain', 'pong'], ['one'], 0]);
  });

  it('answers pings by itself', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];

    a.ping();
    await untilQuiet();

    expect(ofA.filter((told) => told !== 'drain')).toEqual(['pong']);
    expect(ofB).not.toContain('pong');
  });

  it('closes behind what was sent, on both ends with the code of who closed', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];
    a.send(text('last words'));

    a.close(4001, 'bye');
    a.close(4002, 'twice');
    a.send(text('too late'));
    expect([a.isOpen, b.isOpen]).toEqual([false, true]);
    await untilQuiet();

    expect(b.isOpen).toBe(false);
    expect(ofB.filter((told) => told !== 'drain')).toEqual(['last words', 'close 4001 bye']);
    expect(ofA.filter((told) => told !== 'drain')).toEqual(['close 4001 bye']);
  });

  it('closes on both ends where both close at once', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];

    a.close(4001, 'by a');
    b.close(4002, 'by b');
    await untilQuiet();

    expect(ofA.filter((told) => told.startsWith('close'))).toHaveLength(1);
    expect(ofB.filter((told) => told.startsWith('close'))).toHaveLength(1);
  });

  it('closes also while it does not read', async () => {
    const [a, b] = PairedSocket.pair();
    const ofA = listenTo(a);
    listenTo(b);
    a.pause();

    a.close(1000, '');
    await untilQuiet();

    expect(ofA.filter((told) => told !== 'drain')).toEqual(['close 1000']);
  });

  it('ends at once with 1006 where it is terminated, and once', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];

    a.terminate();
    a.terminate();
    expect(ofA).toEqual(['close 1006']);
    await untilQuiet();

    expect(ofB.filter((told) => told !== 'drain')).toEqual(['close 1006']);
  });

  it('passes nothing and tells nobody once it is cut', async () => {
    const [a, b] = PairedSocket.pair();
    const [ofA, ofB] = [listenTo(a), listenTo(b)];

    b.cut();
    a.send(text('one'));
    a.ping();
    b.close(1000, '');
    await untilQuiet();

    expect([ofA, ofB, a.isCut]).toEqual([[], [], true]);
  });
});
