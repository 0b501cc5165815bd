import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/core/web-platform.js';
import type { Random } from '../../src/ports/random.js';
import { Beating, DEFAULT_HEARTBEAT, Heartbeat, type HeartbeatTiming } from '../../src/server/heartbeat.js';
import { ManualClock } from '../support/manual-clock.js';

/** A clock whose process can stand still: time goes on, and what was due meanwhile runs late, once. */
class StallingClock extends ManualClock {
  #stalledMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#stalledMs;
  }

  standStillMs(ms: number): void {
    this.#stalledMs += ms;
  }
}

/** With a fraction of 0 the first ping comes after a whole period. */
const unspread: Random = { ...systemRandom, fraction: () => 0 };

class Peer extends Beating {
  readonly pingedAtMs: number[] = [];
  lostAtMs: number | undefined;
  isPaused = false;
  unfinished = 0;
  beforePing = 0;
  /** Called when it is lost. */
  whenLost: () => void = () => {};
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    super();
    this.#clock = clock;
  }

  ping(): void {
    this.pingedAtMs.push(this.#clock.nowMs());
  }

  unfinishedBytes(): number {
    return this.unfinished;
  }

  bytesBeforePing(): number {
    return this.beforePing;
  }

  isReadingPaused(): boolean {
    return this.isPaused;
  }

  onLost(): void {
    this.lostAtMs = this.#clock.nowMs();
    this.whenLost();
  }
}

function start(options: HeartbeatTiming = DEFAULT_HEARTBEAT, random: Random = unspread) {
  const clock = new StallingClock();
  const heartbeat = new Heartbeat(options, clock, random);
  const add = (): Peer => {
    const peer = new Peer(clock);
    heartbeat.add(peer);
    return peer;
  };
  return { clock, heartbeat, add };
}

describe('Heartbeat', () => {
  it('pings every 25 s a peer that answers, and never loses it', () => {
    const { clock, add } = start();
    const peer = add();

    for (let second = 0; second < 100; second++) {
      clock.advanceMs(1_000);
      peer.heard();
    }

    expect(peer.pingedAtMs).toEqual([25_000, 50_000, 75_000, 100_000]);
    expect(peer.lostAtMs).toBeUndefined();
  });

  it('does not lose a peer whose message is still on its way, for no pong can pass it', () => {
    const { clock, add } = start();
    const peer = add();
    clock.advanceMs(20_000);
    peer.unfinished = 1_000;

    for (let second = 0; second < 60; second++) {
      clock.advanceMs(1_000);
      peer.unfinished += 1_000;
    }

    expect(peer.lostAtMs).toBeUndefined();
    expect(peer.pingedAtMs).toEqual([25_000]);
  });

  it('does not lose a peer that what stands before the ping is still leaving for', () => {
    const { clock, add } = start();
    const peer = add();
    peer.beforePing = 100_000;

    for (let second = 0; second < 125; second++) {
      clock.advanceMs(1_000);
      if (second >= 25) peer.beforePing -= 1_000;
    }

    expect(peer.pingedAtMs).toEqual([25_000]);
    expect(peer.lostAtMs).toBeUndefined();
    clock.advanceMs(16_000);
    expect(peer.lostAtMs).toBe(137_000); // the ping has left at 125 s, was last seen to wait at 121 s, and was not answered
  });

  it('loses one that has stopped taking what stands before the ping, 8 s after the last look at it', () => {
    const { clock, add } = start();
    const peer = add();
    peer.beforePing = 100_000;

    clock.advanceMs(25_000);
    peer.beforePing = 99_000;
    clock.advanceMs(16_000);

    expect(peer.lostAtMs).toBe(41_000);
  });

  it('loses one for which the ping has to wait longer than messageTimeoutMs', () => {
    const { clock, add } = start({ ...DEFAULT_HEARTBEAT, messageTimeoutMs: 60_000 });
    const peer = add();
    peer.beforePing = 1_000_000;

    for (let second = 0; second < 100; second++) {
      clock.advanceMs(1_000);
      peer.beforePing -= 1_000;
    }

    expect(peer.lostAtMs).toBe(89_000); // the first look after 25 s and 60 s
  });

  it('loses one whose message has stopped coming, 8 s after the last look at it', () => {
    const { clock, add } = start();
    const peer = add();
    clock.advanceMs(26_000);
    peer.unfinished = 1_000;

    clock.advanceMs(14_999);
    expect(peer.lostAtMs).toBeUndefined();
    clock.advanceMs(1);

    expect(peer.lostAtMs).toBe(41_000);
  });

  it('loses one that has sent nothing since the ping but what was unfinished before', () => {
    const { clock, add } = start();
    const peer = add();
    peer.unfinished = 1_000;

    clock.advanceMs(33_000);

    expect(peer.lostAtMs).toBe(33_000);
  });

  it('loses a silent peer 8 s after the ping, and forgets it', () => {
    const { clock, heartbeat, add } = start();
    const peer = add();

    clock.advanceMs(32_999);
    expect(peer.lostAtMs).toBeUndefined();
    clock.advanceMs(1);

    expect(peer.lostAtMs).toBe(33_000);
    expect(heartbeat.size).toBe(0);
  });

  it('loses one peer without losing the others', () => {
    const { clock, heartbeat, add } = start();
    const [silent, talkative] = [add(), add()];

    clock.advanceMs(26_000);
    talkative.heard();
    clock.advanceMs(20_000);

    expect(silent.lostAtMs).toBe(33_000);
    expect(talkative.lostAtMs).toBeUndefined();
    expect(heartbeat.size).toBe(1);
  });

  it('spreads the first pings of peers that came together between half a period and a whole one', () => {
    const fractions = [0, 0.5, 0.99];
    const { clock, add } = start(DEFAULT_HEARTBEAT, { ...unspread, fraction: () => fractions.shift() ?? 0 });
    const peers = [add(), add(), add()];

    for (let second = 0; second < 26; second++) {
      clock.advanceMs(1_000);
      for (const peer of peers) peer.heard();
    }

    expect(peers.map(({ pingedAtMs }) => pingedAtMs)).toEqual([[25_000], [19_000], [13_000]]);
  });

  it('lets the pong deadline stand still while this side does not read', () => {
    const { clock, add } = start();
    const peer = add();
    clock.advanceMs(26_000);

    peer.isPaused = true;
    clock.advanceMs(600_000);
    expect(peer.lostAtMs).toBeUndefined();
    peer.isPaused = false;
    clock.advanceMs(6_999);
    expect(peer.lostAtMs).toBeUndefined();
    clock.advanceMs(1);

    expect(peer.lostAtMs).toBe(26_000 + 600_000 + 7_000);
  });

  it('pings on while this side does not read, unless something stands before the ping', () => {
    const { clock, add } = start();
    const peer = add();
    const blocked = add();
    blocked.beforePing = 1_000;
    for (const each of [peer, blocked]) each.isPaused = true;

    clock.advanceMs(100_000);
    expect(peer.pingedAtMs).toEqual([25_000, 50_000, 75_000, 100_000]);
    expect(blocked.pingedAtMs).toEqual([25_000]);
    expect([peer.lostAtMs, blocked.lostAtMs]).toEqual([undefined, undefined]);

    peer.isPaused = false;
    clock.advanceMs(9_000);
    expect(peer.lostAtMs).toBe(108_000);
  });

  it('gives peers the time back that the process stood still, when that was more than half of pongMs', () => {
    const { clock, add } = start();
    const peer = add();
    clock.advanceMs(26_000);

    clock.standStillMs(20_000);
    clock.advanceMs(1_000);
    expect(peer.lostAtMs).toBeUndefined();
    peer.heard();
    clock.advanceMs(4_000);

    expect(peer.lostAtMs).toBeUndefined();
    expect(peer.pingedAtMs).toEqual([25_000, 50_000]);
  });

  it('loses a peer that stays silent after the stall', () => {
    const { clock, add } = start();
    const peer = add();
    clock.advanceMs(26_000);

    clock.standStillMs(20_000);
    clock.advanceMs(1_000);
    clock.advanceMs(8_000);

    expect(peer.lostAtMs).toBe(54_000);
  });

  it('meets deadlines that are shorter than a second', () => {
    const { clock, add } = start({ pingMs: 100, pongMs: 40 });
    const peer = add();

    clock.advanceMs(150);

    expect(peer.pingedAtMs).toEqual([100]);
    expect(peer.lostAtMs).toBe(140);
  });

  it('runs one timer for all peers, and none without peers', () => {
    const { clock, heartbeat, add } = start();
    expect(clock.timers).toBe(0);
    const peers = Array.from({ length: 100 }, add);
    expect(clock.timers).toBe(1);
    clock.advanceMs(5_000);
    expect(clock.timers).toBe(1);

    for (const peer of peers) heartbeat.remove(peer);

    expect(clock.timers).toBe(0);
    expect(heartbeat.size).toBe(0);
  });

  it('runs one timer still when a peer comes at the moment in which the last one is lost', () => {
    const { clock, heartbeat, add } = start();
    const peer = add();
    peer.whenLost = () => {
      heartbeat.remove(peer);
      add();
    };

    clock.advanceMs(33_000);

    expect(peer.lostAtMs).toBe(33_000);
    expect(clock.timers).toBe(1);
  });

  it('does not miss a peer that it does not know', () => {
    const { clock, heartbeat } = start();
    const stranger = new Peer(clock);

    stranger.heard();

    expect(heartbeat.size).toBe(0);
  });

  it('pings nobody after stop', () => {
    const { clock, heartbeat, add } = start();
    const peer = add();

    heartbeat.stop();
    heartbeat.stop();
    clock.advanceMs(100_000);

    expect(peer.pingedAtMs).toEqual([]);
    expect(clock.timers).toBe(0);
  });
});
