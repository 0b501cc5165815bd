import { describe, expect, it } from 'vitest';
import { HeardCounts } from '../../../src/adapters/broker/heard-counts.js';
import { SentCounts } from '../../../src/adapters/broker/sent-counts.js';

const MINUTE = 60_000;

describe('SentCounts', () => {
  it('numbers each channel by itself, from 1 on', () => {
    const counts = new SentCounts();

    expect([counts.next('a', 0), counts.next('a', 0), counts.next('b', 0)]).toEqual([
      { epoch: 1, n: 1 },
      { epoch: 1, n: 2 },
      { epoch: 2, n: 1 },
    ]);
  });

  it('tells how far the channels have come that were used since a moment, the latest first', () => {
    const counts = new SentCounts();
    counts.next('a', 1);
    counts.next('b', 2);
    counts.next('c', 3);
    counts.next('b', 4);

    expect(counts.since(2, 10).map(({ channel, n }) => [channel, n])).toEqual([
      ['b', 2],
      ['c', 1],
    ]);
    expect(counts.since(0, 1)).toHaveLength(1);
  });

  it('does not tell of what has been taken back, until it is sent again', () => {
    const counts = new SentCounts();
    const [, second, third] = [1, 2, 3].map(() => ({ channel: 'a', ...counts.next('a', 0) }));
    if (!second || !third) throw new Error('three numbers were given');

    counts.takeBack(third);
    counts.takeBack(second);
    expect(counts.since(0, 9)).toEqual([{ channel: 'a', epoch: 1, n: 1 }]);
    counts.again(second);

    expect(counts.since(0, 9)).toEqual([{ channel: 'a', epoch: 1, n: 2 }]);
    expect(counts.next('a', 0).n).toBe(4);
  });

  it('forgets a channel after five minutes, and begins anew with a greater epoch', () => {
    const counts = new SentCounts();
    const before = { channel: 'a', ...counts.next('a', 0) };
    counts.next('b', 4 * MINUTE);

    counts.trim(5 * MINUTE);
    expect(counts.since(0, 9).map(({ channel }) => channel)).toEqual(['b']);
    expect(counts.next('a', 5 * MINUTE)).toEqual({ epoch: 3, n: 1 });
    counts.takeBack(before);

    expect(counts.since(5 * MINUTE, 9)).toEqual([{ channel: 'a', epoch: 3, n: 1 }]);
  });

  it('remembers no more than 100,000 channels', () => {
    const counts = new SentCounts();
    for (let index = 0; index < 100_010; index += 1) counts.next(String(index), 0);

    counts.trim(0);

    expect(counts.since(0, 200_000)).toHaveLength(100_000);
  });
});

describe('HeardCounts', () => {
  function start() {
    const lost: number[] = [];
    const heard = new HeardCounts((messages) => lost.push(messages));
    const take = (n: number, { from = 's', channel = 'c', epoch = 1 } = {}): boolean =>
      heard.take(from, { channel, epoch, n }, 0);
    const told = (n: number, { from = 's', channel = 'c', epoch = 1 } = {}): void =>
      heard.told(from, { channel, epoch, n }, 0);
    return { lost, heard, take, told };
  }

  it('counts what lies between two numbers of one server on one channel', () => {
    const { take, lost } = start();

    expect([take(5), take(6), take(9), take(10)]).toEqual([true, true, true, true]);

    expect(lost).toEqual([2]);
  });

  it('begins to count with the first number that it hears', () => {
    const { take, told, lost } = start();

    take(5);
    told(7, { channel: 'other' });
    take(8, { channel: 'other' });
    take(3, { from: 'another' });

    expect(lost).toEqual([]);
  });

  it('refuses what it has heard, and what it has counted as lost', () => {
    const { take, lost } = start();
    take(1);
    take(4);

    expect([take(4), take(3), take(2)]).toEqual([false, false, false]);
    expect(lost).toEqual([2]);
  });

  it('counts what it is told of and has not heard, once', () => {
    const { take, told, lost } = start();
    take(1);

    told(1);
    told(4);
    told(4);
    take(5);

    expect(lost).toEqual([3]);
  });

  it('counts all that is missing of a new beginning, and refuses what comes late of an old one', () => {
    const { take, told, lost } = start();
    take(7);

    take(3, { epoch: 2 });
    expect(take(8)).toBe(false);
    told(9);
    told(2, { epoch: 3 });

    expect(lost).toEqual([2, 2]);
  });

  it('begins anew after a channel was left, a server has gone for good, or was silent for over five minutes', () => {
    const { take, heard, lost } = start();
    take(1);
    heard.leave('c');
    take(5);
    heard.forget('s');
    take(9);
    heard.trim(5 * MINUTE);
    take(10);
    heard.trim(5 * MINUTE + 1);
    take(20);

    expect(lost).toEqual([]);
  });
});
