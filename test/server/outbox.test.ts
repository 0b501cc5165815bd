import { describe, expect, it } from 'vitest';
import type { OutgoingFrame, SocketListener } from '../../src/ports/socket.js';
import { Counters } from '../../src/server/counters.js';
import { Outbox, type OutboxOptions } from '../../src/server/outbox.js';
import { HeldSocket } from './held-socket.js';

/** What the socket takes before the outbox begins to hold back. */
const SOCKET_BYTES = 64 * 1024;

const text = (data: string): OutgoingFrame => ({ data, binary: false, droppable: true });
const required = (data: string): OutgoingFrame => ({ data, binary: false, droppable: false });

/** Ten bytes each, told apart by their number. */
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index).padStart(10, '0'));

class Listening implements SocketListener {
  readonly heard: string[] = [];
  onFrame(data: string | Uint8Array): void {
    this.heard.push(`frame ${data}`);
  }
  onPong(): void {
    this.heard.push('pong');
  }
  onOverdue(): void {
    this.heard.push('overdue');
  }
  onCrowded(): void {
    this.heard.push('crowded');
  }
  onDrain(): void {
    this.heard.push('drain');
  }
  onClose(code: number, reason: string): void {
    this.heard.push(`close ${code} ${reason}`);
  }
}

function open(options: Partial<OutboxOptions> = {}) {
  const socket = new HeldSocket();
  const listener = new Listening();
  const metrics = new Counters();
  const told: string[] = [];
  const outbox = new Outbox(socket, {
    maxOutboxBytes: SOCKET_BYTES + 100,
    slowReader: 'close',
    metrics,
    ...options,
  });
  outbox.belongTo({ heard: () => told.push('heard'), onSocketClosed: () => told.push('closed') });
  outbox.listen(listener);
  return { outbox, socket, listener, metrics, told };
}

/** An outbox whose socket takes no more: what follows waits, and 100 bytes fit. */
function openFull(slowReader: OutboxOptions['slowReader']) {
  const parts = open({ slowReader });
  parts.outbox.send(text('x'.repeat(SOCKET_BYTES)));
  parts.socket.sent.length = 0;
  return parts;
}

describe('Outbox', () => {
  describe('send', () => {
    it('hands a frame to the socket at once while less than 64 KiB are buffered there', () => {
      const { outbox, socket } = open();

      outbox.send(text('a'));
      outbox.send(text('b'));

      expect(socket.sent).toEqual(['a', 'b']);
    });

    it('holds back earlier where the outbox is small: the socket holds at most half of it', () => {
      const { outbox, socket } = open({ maxOutboxBytes: 100 });

      for (const data of ['x'.repeat(30), 'y'.repeat(30), 'z'.repeat(30)]) outbox.send(text(data));

      expect(socket.sent).toEqual(['x'.repeat(30), 'y'.repeat(30)]);
      expect(outbox.bufferedBytes).toBe(90);
    });

    it('holds back what follows once 64 KiB are buffered, and counts it in bufferedBytes as UTF-8', () => {
      const { outbox, socket } = openFull('close');

      outbox.send(text('é'));
      outbox.send({ data: new Uint8Array(5), binary: true, droppable: true });

      expect(socket.sent).toEqual([]);
      expect(outbox.bufferedBytes).toBe(SOCKET_BYTES + 2 + 5);
    });

    it('does nothing on a socket that is not open', () => {
      const { outbox, socket } = open();
      socket.end(1000, '');

      outbox.send(text('late'));

      expect(socket.sent).toEqual([]);
      expect(outbox.bufferedBytes).toBe(0);
    });

    it('fills the outbox to the last byte without any policy being applied', () => {
      const { outbox, metrics } = openFull('close');

      for (const frame of numbered(1, 10)) outbox.send(text(frame));

      expect(outbox.bufferedBytes).toBe(SOCKET_BYTES + 100);
      expect(metrics.snapshot()).toEqual({});
    });
  });

  describe('onDrain', () => {
    it('sends what waits in order, 64 KiB at a time, and tells the listener when nothing waits any more', () => {
      const { outbox, socket, listener } = open({ maxOutboxBytes: 10 * SOCKET_BYTES });
      const blocks = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(SOCKET_BYTES / 2));
      outbox.send(text('x'.repeat(SOCKET_BYTES)));
      for (const block of blocks) outbox.send(text(block));

      socket.drain();
      expect(socket.sent.slice(1)).toEqual(blocks.slice(0, 2));
      expect(listener.heard).toEqual([]);

      socket.drain();
      expect(socket.sent.slice(1)).toEqual(blocks);
      expect(listener.heard).toEqual(['drain']);
      expect(outbox.bufferedBytes).toBe(SOCKET_BYTES);
    });

    it('keeps a frame that is sent while others wait behind them', () => {
      const { outbox, socket } = openFull('close');
      outbox.send(text('first'));
      socket.bufferedBytes = 0;

      outbox.send(text('second'));
      socket.drain();

      expect(socket.sent).toEqual(['first', 'second']);
    });
  });

  describe("with the policy 'close'", () => {
    it('closes with 1013 when a frame does not fit, and counts one overflow', () => {
      const { outbox, socket, metrics } = openFull('close');
      for (const frame of numbered(1, 11)) outbox.send(text(frame));

      expect(socket.closedWith).toEqual({ code: 1013, reason: 'too slow' });
      expect(metrics.snapshot()).toEqual({ 'outbox.overflowed': 1 });
    });

    it('tells the listener of the end at once, and only once, whenever the socket ends', () => {
      const { outbox, socket, listener, told } = openFull('close');
      for (const frame of numbered(1, 11)) outbox.send(text(frame));
      expect(listener.heard).toEqual(['close 1013 too slow']);
      expect(told).toEqual([]);

      socket.terminate();

      expect(listener.heard).toEqual(['close 1013 too slow']);
      expect(told).toEqual(['closed']);
    });

    it('sends nothing after the overflow, neither what waited nor what follows', () => {
      const { outbox, socket } = openFull('close');
      for (const frame of numbered(1, 11)) outbox.send(text(frame));

      outbox.send(required('late'));
      socket.drain();
      outbox.close(1000, '');

      expect(socket.sent).toEqual([]);
      expect(outbox.bufferedBytes).toBe(0);
    });

    it('delivers no frame that arrives after the overflow', () => {
      const { outbox, socket, listener } = openFull('close');
      for (const frame of numbered(1, 11)) outbox.send(text(frame));

      socket.receive('late');

      expect(listener.heard).toEqual(['close 1013 too slow']);
    });
  });

  describe("with the policy 'drop-newest'", () => {
    it('loses exactly the frames that did not fit, and counts each', () => {
      const { outbox, socket, metrics } = openFull('drop-newest');
      for (const frame of numbered(1, 25)) outbox.send(text(frame));

      socket.drain();

      expect(socket.sent).toEqual(numbered(1, 10));
      expect(metrics.snapshot()).toEqual({ 'outbox.dropped': 15 });
    });

    it('says how many bytes it has dropped, those that never waited among them', () => {
      const { outbox } = openFull('drop-newest');
      for (const frame of numbered(1, 12)) outbox.send(text(frame));

      expect([outbox.droppedBytes, outbox.heldBytes]).toEqual([2 * (2 + 10), 100]);
    });

    it('makes room for a required frame by dropping the newest that may be dropped', () => {
      const { outbox, socket, metrics } = openFull('drop-newest');
      for (const frame of numbered(1, 9)) outbox.send(text(frame));
      outbox.send(required('reply-0001'));

      outbox.send(required('reply-0002'));
      socket.drain();

      expect(socket.sent).toEqual([...numbered(1, 8), 'reply-0001', 'reply-0002']);
      expect(metrics.snapshot()).toEqual({ 'outbox.dropped': 1 });
    });

    it('closes with 1013 when required frames alone do not fit', () => {
      const { outbox, socket, metrics } = openFull('drop-newest');
      for (const frame of numbered(1, 10)) outbox.send(required(frame));

      outbox.send(text('dropped'));
      expect(socket.closedWith).toBeUndefined();
      outbox.send(required('reply'));

      expect(socket.closedWith?.code).toBe(1013);
      expect(metrics.snapshot()).toEqual({ 'outbox.dropped': 1, 'outbox.overflowed': 1 });
    });
  });

  describe("with the policy 'drop-oldest'", () => {
    it('loses exactly as many of the oldest as have to make room, and counts each', () => {
      const { outbox, socket, metrics } = openFull('drop-oldest');
      for (const frame of numbered(1, 25)) outbox.send(text(frame));

      socket.drain();

      expect(socket.sent).toEqual(numbered(16, 25));
      expect(metrics.snapshot()).toEqual({ 'outbox.dropped': 15 });
    });

    it('says how many bytes it has dropped, with their headers, and how many it holds', () => {
      const { outbox } = openFull('drop-oldest');
      for (const frame of numbered(1, 25)) outbox.send(text(frame));

      expect([outbox.droppedBytes, outbox.heldBytes]).toEqual([15 * (2 + 10), 100]);
    });

    it('passes over required frames, which stay in their place', () => {
      const { outbox, socket, metrics } = openFull('drop-oldest');
      outbox.send(required('reply-0001'));
      for (const frame of numbered(1, 9)) outbox.send(text(frame));

      outbox.send(text('y'.repeat(20)));
      socket.drain();

      expect(socket.sent).toEqual(['reply-0001', ...numbered(3, 9), 'y'.repeat(20)]);
      expect(metrics.get('outbox.dropped')).toBe(2);
    });

    it('drops the new frame where only required ones wait, and closes where that is required, too', () => {
      const { outbox, socket, metrics } = openFull('drop-oldest');
      for (const frame of numbered(1, 10)) outbox.send(required(frame));

      outbox.send(text('dropped'));
      expect(socket.closedWith).toBeUndefined();
      expect(metrics.snapshot()).toEqual({ 'outbox.dropped': 1 });
      outbox.send(required('reply'));

      expect(socket.closedWith?.code).toBe(1013);
      expect(metrics.get('outbox.overflowed')).toBe(1);
    });
  });

  describe('close', () => {
    it('sends what waits before the close frame, whatever its size', () => {
      const { outbox, socket } = openFull('close');
      for (const frame of numbered(1, 10)) outbox.send(text(frame));

      outbox.close(1000, 'bye');

      expect(socket.sent).toEqual(numbered(1, 10));
      expect(socket.closedWith).toEqual({ code: 1000, reason: 'bye' });
      expect(outbox.bufferedBytes).toBe(SOCKET_BYTES + 100);
    });
  });

  describe('terminate', () => {
    it('ends the socket and sends nothing of what waits', () => {
      const { outbox, socket, listener, told } = openFull('close');
      outbox.send(text('waits'));

      outbox.terminate();

      expect(socket.isTerminated).toBe(true);
      expect(socket.sent).toEqual([]);
      expect(listener.heard).toEqual(['close 1006 ']);
      expect(told).toEqual(['closed']);
    });
  });

  it('passes on frames and pongs, and tells that the peer was heard before each', () => {
    const { socket, listener, told } = open();

    socket.receive('M');
    socket.receivePong();

    expect(listener.heard).toEqual(['frame M', 'pong']);
    expect(told).toEqual(['heard', 'heard']);
  });

  it('passes on what has come of a message that is not whole, and that it takes too long, or is one of too many', () => {
    const { outbox, socket, listener, told } = open();

    socket.unfinishedBytes = 5;
    socket.bytesBeforePing = 6;
    socket.receiveLate();
    socket.receiveCrowded();

    expect(outbox.unfinishedBytes).toBe(5);
    expect(outbox.bytesBeforePing).toBe(6);
    expect(listener.heard).toEqual(['overdue', 'crowded']);
    expect(told).toEqual([]);
  });

  it('passes on pings, pause and resume to the socket, and its state back', () => {
    const { outbox, socket } = open();

    outbox.ping();
    outbox.pause();
    expect([socket.pings, socket.isPaused, outbox.isOpen]).toEqual([1, true, true]);
    outbox.resume();
    socket.end(1000, '');
    expect([socket.isPaused, outbox.isOpen]).toEqual([false, false]);
  });
});
