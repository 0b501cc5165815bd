import { ManualClock } from 'nefeli/testing';
import { describe, expect, it } from 'vitest';

describe('ManualClock', () => {
  it('starts at 0 and stands still', async () => {
    const clock = new ManualClock();

    await new Promise((resolve) => setTimeout(resolve, 5));

    expect(clock.nowMs()).toBe(0);
  });

  describe('advance', () => {
    it('runs what is due at its own moment, in order, those of one moment as they were set', async () => {
      const clock = new ManualClock();
      const ran: string[] = [];
      for (const [name, delayMs] of [
        ['c', 300],
        ['a', 100],
        ['d', 301],
        ['b', 100],
      ] as const) {
        clock.after(delayMs, () => ran.push(`${name} ${clock.nowMs()}`));
      }

      await clock.advance(300);

      expect(ran).toEqual(['a 100', 'b 100', 'c 300']);
      expect(clock.nowMs()).toBe(300);
    });

    it('lets promises settle in between, so that what they set counts from their moment on', async () => {
      const clock = new ManualClock();
      const ticks: number[] = [];
      const tick = async (): Promise<void> => {
        await Promise.resolve();
        ticks.push(clock.nowMs());
        clock.after(100, () => void tick());
      };
      clock.after(100, () => void tick());

      await clock.advance(350);

      expect(ticks).toEqual([100, 200, 300]);
    });

    it('counts what was under way before by the time before', async () => {
      const clock = new ManualClock();
      let ranAtMs = 0;
      void Promise.resolve().then(() => {
        clock.after(50, () => {
          ranAtMs = clock.nowMs();
        });
      });

      await clock.advance(100);

      expect(ranAtMs).toBe(50);
    });

    it('does not run what was called off', async () => {
      const clock = new ManualClock();
      const ran: string[] = [];
      clock.after(10, () => ran.push('called off')).cancel();

      await clock.advance(10);

      expect(ran).toEqual([]);
    });

    it('does not go back where two move it at once', async () => {
      const clock = new ManualClock();
      clock.after(5, () => {}); // the first one stops there, and ends last

      await Promise.all([clock.advance(10), clock.advance(100)]);

      expect(clock.nowMs()).toBe(100);
    });

    it('rejects with what a task throws', async () => {
      const clock = new ManualClock();
      clock.after(10, () => {
        throw new TypeError('a bug');
      });

      await expect(clock.advance(10)).rejects.toThrow('a bug');
    });

    it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d with OPTION_INVALID', async (ms) => {
      await expect(new ManualClock().advance(ms)).rejects.toThrow(
        `OPTION_INVALID: the option ms of advance() is ${ms}, but must be a number from 0 on.`,
      );
    });
  });
});
