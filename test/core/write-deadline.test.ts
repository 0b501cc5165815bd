import { describe, expect, it } from 'vitest';
import { WriteDeadline } from '../../src/core/write-deadline.js';
import { ManualClock } from '../support/manual-clock.js';

/** Longer payloads have longer headers. */
const HEADER_BYTES = 2;

/** A socket whose bytes leave when they are told to. */
function watched(timeoutMs?: number) {
  const clock = new ManualClock();
  const socket = { bufferedBytes: 0, heldBytes: 0, droppedBytes: 0 };
  const missedAtMs: number[] = [];
  const deadline = new WriteDeadline(clock, socket, () => void missedAtMs.push(clock.nowMs()));
  deadline.limitTo(timeoutMs);
  /** Sends a payload that does not leave by itself. */
  const send = (bytes: number): void => {
    socket.bufferedBytes += bytes + HEADER_BYTES;
    deadline.sent(bytes);
  };
  const leave = (bytes: number): void => {
    socket.bufferedBytes -= bytes + HEADER_BYTES;
  };
  return { clock, socket, deadline, missedAtMs, send, leave };
}

describe('WriteDeadline', () => {
  it('needs no timer for what leaves at once', () => {
    const { clock, deadline } = watched(100);

    deadline.sent(50);

    expect(clock.timers).toBe(0);
  });

  it('is missed when what was sent has not left within the timeout, once', () => {
    const { clock, missedAtMs, send } = watched(100);

    clock.advanceMs(7);
    send(50);
    clock.advanceMs(99);
    expect(missedAtMs).toEqual([]);
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[107], 0]);
  });

  it('is missed when half of it has not left', () => {
    const { clock, missedAtMs, socket, send } = watched(100);

    send(50);
    clock.advanceMs(50);
    socket.bufferedBytes -= 25;
    clock.advanceMs(50);

    expect(missedAtMs).toEqual([100]);
  });

  it('is kept when all has left, and leaves no timer then', () => {
    const { clock, missedAtMs, send, leave } = watched(100);

    send(50);
    clock.advanceMs(99);
    leave(50);
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
  });

  it('is kept by a steady sender of which something is always on its way', () => {
    const { clock, missedAtMs, send, leave } = watched(100);

    send(50);
    for (let turn = 0; turn < 100; turn++) {
      clock.advanceMs(90);
      send(50);
      leave(50);
      expect(clock.timers).toBe(1);
    }
    expect(missedAtMs).toEqual([]);

    clock.advanceMs(100);
    expect(missedAtMs).toEqual([9_100]);
  });

  it('is kept by many small messages, whose headers are bytes, too', () => {
    const { clock, missedAtMs, send, leave } = watched(100);

    for (let turn = 0; turn < 50; turn++) {
      for (let n = 0; n < 100; n++) send(1);
      clock.advanceMs(60);
      for (let n = 0; n < 90; n++) leave(1);
      clock.advanceMs(30);
      for (let n = 0; n < 10; n++) leave(1);
    }
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([]);
  });

  it.each([
    [125, 2],
    [126, 4],
    [65_535, 4],
    [65_536, 10],
  ])('counts a payload of %i bytes with a header of %i', (bytes, header) => {
    const { clock, socket, deadline, missedAtMs, send } = watched(100);
    send(10);
    clock.advanceMs(50);

    // All that is buffered is what was sent last: the first message has left.
    socket.bufferedBytes = bytes + header;
    deadline.sent(bytes);
    clock.advanceMs(50);
    expect(missedAtMs).toEqual([]);

    // One byte more, and that is of the first.
    const other = watched(100);
    other.send(10);
    other.clock.advanceMs(50);
    other.socket.bufferedBytes = bytes + header + 1;
    other.deadline.sent(bytes);
    other.clock.advanceMs(50);
    expect(other.missedAtMs).toEqual([100]);
  });

  it('never closes early what was counted together, and late by an eighth of the timeout at most', () => {
    const { clock, missedAtMs, send } = watched(80);

    send(10);
    clock.advanceMs(9);
    send(10);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([89]);
  });

  it('watches what is buffered when the limit is set', () => {
    const { clock, deadline, missedAtMs, socket } = watched();
    socket.bufferedBytes = 500;
    clock.advanceMs(1_000);

    deadline.limitTo(100);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([1_100]);
  });

  it('comes nearer with a stricter limit, and goes with the last', () => {
    const { clock, deadline, missedAtMs, send } = watched(100);
    send(10);
    deadline.limitTo(40);
    expect(clock.timers).toBe(1);
    clock.advanceMs(39);
    deadline.limitTo(undefined);
    deadline.limitTo(undefined);
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
  });

  it('counts nothing where there is no limit', () => {
    const { clock, missedAtMs, send } = watched();

    send(10);
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
  });

  it('forgives a process that stood still what leaves in the turn after', () => {
    const { clock, missedAtMs, send, leave } = watched(100);
    send(10);
    clock.after(101, () => leave(10));

    clock.stallMs(5_000);
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
  });

  describe('where what is held back may be dropped', () => {
    /** What is sent now is dropped, or what is held: it is the same to those that count. */
    const drop = ({ socket, deadline }: ReturnType<typeof watched>, bytes: number): void => {
      socket.droppedBytes += bytes + HEADER_BYTES;
      deadline.sent(bytes);
    };

    it('is missed by what stands before it, however much is dropped', () => {
      const parts = watched(100);
      parts.send(10);

      parts.clock.advanceMs(13); // what follows is not counted together with it
      for (let ms = 13; ms < 100; ms++) {
        drop(parts, 50);
        parts.clock.advanceMs(1);
      }

      expect(parts.missedAtMs).toEqual([100]);
    });

    it('is kept by what is dropped itself, and by what has left before', () => {
      const parts = watched(100);
      const { clock, socket, missedAtMs, send, leave } = parts;
      send(10);
      clock.advanceMs(50);
      send(20);
      socket.heldBytes = 20 + HEADER_BYTES;
      clock.advanceMs(20);
      socket.heldBytes = 30 + HEADER_BYTES;
      socket.bufferedBytes -= 20 + HEADER_BYTES;
      socket.droppedBytes += 20 + HEADER_BYTES;
      send(30);
      clock.advanceMs(20);
      leave(10);
      clock.advanceMs(75);
      leave(30);
      clock.advanceMs(1_000);

      expect([missedAtMs, clock.timers]).toEqual([[], 0]);
    });

    it('does not take for sent what was dropped before it was set', () => {
      const { clock, socket, deadline, missedAtMs, send } = watched();
      socket.droppedBytes = 1_000;
      deadline.limitTo(100);

      send(10);
      clock.advanceMs(1_000);

      expect(missedAtMs).toEqual([100]);
    });
  });
});
