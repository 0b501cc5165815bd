import { describe, expect, it } from 'vitest';
import { ReadDeadline } from '../../src/core/read-deadline.js';
import { ManualClock } from '../support/manual-clock.js';

/** A clock that counts how often it is read. */
class CountingClock extends ManualClock {
  reads = 0;

  override nowMs(): number {
    this.reads += 1;
    return super.nowMs();
  }
}

function watched(timeoutMs?: number) {
  const clock = new CountingClock();
  const missedAtMs: number[] = [];
  const socket = { unfinishedBytes: 0 };
  const deadline = new ReadDeadline(clock, socket, () => void missedAtMs.push(clock.nowMs()));
  deadline.limitTo(timeoutMs);
  return { clock, socket, deadline, missedAtMs };
}

describe('ReadDeadline', () => {
  it('is missed when nothing has come for so long, once', () => {
    const { clock, missedAtMs } = watched(100);

    clock.advanceMs(99);
    expect(missedAtMs).toEqual([]);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([100]);
    expect(clock.timers).toBe(0);
  });

  it('begins anew with each frame, to the millisecond, with one timer', () => {
    const { clock, deadline, missedAtMs } = watched(100);

    for (const ms of [60, 60, 60, 60]) {
      clock.advanceMs(ms);
      deadline.heard();
      expect(clock.timers).toBe(1);
    }
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([340]);
  });

  it('is not missed by who is in the middle of a message, as long as more of it comes', () => {
    const { clock, socket, missedAtMs } = watched(100);

    for (let part = 1; part <= 10; part++) {
      socket.unfinishedBytes += 10;
      clock.advanceMs(60);
    }
    expect(missedAtMs).toEqual([]);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([700]); // the look at 600 has still found more
    expect(clock.timers).toBe(0);
  });

  it('is missed by who has sent nothing but what was unfinished at the last look', () => {
    const { clock, socket, missedAtMs } = watched(100);
    socket.unfinishedBytes = 10;

    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([200]);
  });

  it('reads the clock once for a frame, and not at all where there is no timeout', () => {
    const { clock, deadline } = watched(100);
    clock.reads = 0;
    deadline.heard();
    expect(clock.reads).toBe(1);

    deadline.limitTo(undefined);
    clock.reads = 0;
    deadline.heard();
    expect([clock.reads, clock.timers]).toEqual([0, 0]);
  });

  it('comes nearer with a stricter limit, which counts the silence there was', () => {
    const { clock, deadline, missedAtMs } = watched(100);

    clock.advanceMs(30);
    deadline.limitTo(40);
    expect(clock.timers).toBe(1);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([40]);
  });

  it('moves away with a looser one', () => {
    const { clock, deadline, missedAtMs } = watched(100);

    clock.advanceMs(90);
    deadline.limitTo(200);
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([200]);
  });

  it('begins when it is first set, however long nothing has come before', () => {
    const { clock, deadline, missedAtMs } = watched();

    clock.advanceMs(1_000);
    deadline.limitTo(100);
    clock.advanceMs(100);

    expect(missedAtMs).toEqual([1_100]);
  });

  it('stands still during a pause', () => {
    const { clock, deadline, missedAtMs } = watched(100);

    clock.advanceMs(60);
    deadline.pause();
    clock.advanceMs(500);
    deadline.pause();
    clock.advanceMs(500);
    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
    deadline.resume();
    deadline.resume();
    clock.advanceMs(1_000);

    expect(missedAtMs).toEqual([1_100]);
  });

  it('counts from the end of a pause for what is still handed over in it, and for a limit that is set in it', () => {
    for (const during of ['frame', 'limit']) {
      const { clock, deadline, missedAtMs } = watched(during === 'frame' ? 100 : undefined);
      clock.advanceMs(60);
      deadline.pause();
      clock.advanceMs(20);
      if (during === 'frame') deadline.heard();
      else deadline.limitTo(100);
      clock.advanceMs(20);
      deadline.resume();
      clock.advanceMs(1_000);

      expect(missedAtMs).toEqual([200]);
    }
  });

  it('forgives a process that stood still what it reads in the turn after', () => {
    const { clock, deadline, missedAtMs } = watched(100);
    clock.after(101, () => deadline.heard());

    clock.stallMs(5_000);
    expect(missedAtMs).toEqual([]);
    clock.advanceMs(100);

    expect(missedAtMs).toEqual([5_100]);
  });

  it('leaves no timer when it is stopped', () => {
    const { clock, deadline, missedAtMs } = watched(100);

    deadline.stop();
    deadline.heard();
    clock.advanceMs(1_000);

    expect([missedAtMs, clock.timers]).toEqual([[], 0]);
  });
});
