import { describe, expect, it } from 'vitest';
import type { BrokerSession } from '../../../src/adapters/broker/broker.js';
import { TimedSession } from '../../../src/adapters/broker/timed-session.js';
import { Turns } from '../../../src/adapters/broker/turns.js';
import { ManualClock } from '../../support/manual-clock.js';
import { settle } from '../../support/test-server.js';

/** A session that does nothing before it is told to. */
class HeldSession implements BrokerSession {
  readonly turns = new Turns();
  readonly commands: number[] = [];
  readonly #done: (() => void)[] = [];
  isClosed = false;

  subscribe = (channels: readonly string[]): Promise<void> => this.#hold(channels.length);
  unsubscribe = (channels: readonly string[]): Promise<void> => this.#hold(channels.length);
  publish = (): Promise<void> => this.#hold(0);
  ping = (): Promise<void> => this.#hold(0);
  close = (): void => {
    this.isClosed = true;
  };

  /** The next is done. */
  next(): void {
    this.#done.shift()?.();
  }

  #hold(channels: number): Promise<void> {
    this.commands.push(channels);
    return new Promise((resolve) => void this.#done.push(resolve));
  }
}

function make() {
  const held = new HeldSession();
  const clock = new ManualClock();
  return { held, clock, session: new TimedSession(held, clock) };
}

const outcomeOf = (promise: Promise<void>): { text: string } => {
  const outcome = { text: 'pending' };
  promise.then(
    () => Object.assign(outcome, { text: 'done' }),
    (error: Error) => Object.assign(outcome, { text: error.message }),
  );
  return outcome;
};

const LATE = 'the broker has not answered within 2000 ms';

describe('TimedSession', () => {
  it('tells the session at once, and gives each command 2 s from when the one before it is done', async () => {
    const { held, clock, session } = make();
    const outcomes = [session.publish([]), session.ping(), session.ping()].map(outcomeOf);
    expect(held.commands).toHaveLength(3);

    await clock.advance(1_900);
    held.next();
    await clock.advance(1_900);
    held.next();
    await clock.advance(1_999);
    expect(outcomes.map(({ text }) => text)).toEqual(['done', 'done', 'pending']);
    await clock.advance(1);
    await settle();

    expect(outcomes.map(({ text }) => text)).toEqual(['done', 'done', LATE]);
    expect(clock.timers).toBe(0);
  });

  it('subscribes and unsubscribes 10,000 channels with one command', async () => {
    const { held, session } = make();
    const channels = Array.from({ length: 25_000 }, (_, index) => String(index));

    const outcomes = [session.subscribe(channels), session.unsubscribe(channels.slice(0, 10_000))].map(outcomeOf);
    expect(held.commands).toEqual([10_000, 10_000, 5_000, 10_000]);
    for (const _ of held.commands) held.next();
    await settle();

    expect(outcomes.map(({ text }) => text)).toEqual(['done', 'done']);
  });

  it('lets nobody wait, and sets no timer, once it is closed', async () => {
    const { held, clock, session } = make();
    const outcomes = [session.publish([]), session.ping()].map(outcomeOf);

    session.close();
    await settle();

    expect(held.isClosed).toBe(true);
    expect(outcomes.map(({ text }) => text)).toEqual(['the session has been closed', 'the session has been closed']);
    expect(clock.timers).toBe(0);
  });

  it('waits for what others tell a session that is shared, and no longer than they do', async () => {
    const { held, clock, session } = make();
    const other = new TimedSession(held, clock);
    const outcomes = [session.ping(), other.ping()].map(outcomeOf);

    await clock.advance(2_000);
    await settle();
    expect(outcomes.map(({ text }) => text)).toEqual([LATE, 'pending']);
    await clock.advance(2_000);
    await settle();

    expect(outcomes.map(({ text }) => text)).toEqual([LATE, LATE]);
  });

  it('sets one timer for many commands, and none anew while they are answered', async () => {
    const { held, clock, session } = make();
    for (let time = 0; time < 10; time++) {
      const ping = session.ping();
      held.next();
      await ping;
      expect(clock.timers).toBe(1);
      await clock.advance(100);
    }
    await clock.advance(2_000);

    expect(clock.timers).toBe(0);
  });

  it('gives up what is told to a closed session', async () => {
    const { session } = make();

    session.close();
    const outcome = outcomeOf(session.ping());
    await settle();

    expect(outcome.text).toBe('the session has been closed');
  });

  it('keeps nothing of what is done', async () => {
    const { held, session } = make();
    const pings = [session.ping(), session.ping()];
    for (const _ of pings) held.next();
    await Promise.all(pings);

    expect(held.turns.size).toBe(0);
  });
});
