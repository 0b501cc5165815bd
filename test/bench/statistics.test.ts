import { describe, expect, it } from 'vitest';
import { Tally } from '../../bench/load/tally.js';
import { percentile, ratiosOf, spreadOf } from '../../bench/report/statistics.js';
import { readInstructions } from '../../bench/run/count-instructions.js';
import { parseProcessorList } from '../../bench/run/machine.js';

describe('percentile', () => {
  it('gives the value at the nearest rank', () => {
    const sorted = Array.from({ length: 100 }, (_, index) => index + 1);

    expect([0, 0.5, 0.9, 0.99, 1].map((share) => percentile(sorted, share))).toEqual([1, 50, 90, 99, 100]);
    expect([0.5, 0.9, 0.99].map((share) => percentile([7], share))).toEqual([7, 7, 7]);
    expect(percentile([1, 2], 0.5)).toBe(1);
  });

  it('gives 0 where there are no values', () => {
    expect(percentile([], 0.5)).toBe(0);
  });
});

describe('spreadOf', () => {
  it('gives the least, the middle and the greatest in any order', () => {
    expect(spreadOf([3, 10, 1])).toEqual({ min: 1, median: 3, max: 10 });
  });

  it('takes the mean of the middle two of an even number', () => {
    expect(spreadOf([4, 1, 2, 100])).toEqual({ min: 1, median: 3, max: 100 });
  });

  it('gives nothing for nothing', () => {
    expect(spreadOf([])).toBeUndefined();
  });
});

describe('ratiosOf', () => {
  it('divides round by round, so that a slow round of both does not show', () => {
    expect(ratiosOf([5, 50, 6], [10, 100, 10])).toEqual([0.5, 0.5, 0.6]);
  });

  it('leaves out rounds that one of the two has missed', () => {
    expect(ratiosOf([5, undefined, 6, 7], [10, 10, undefined, 0])).toEqual([0.5]);
    expect(ratiosOf([5], [])).toEqual([]);
  });
});

describe('Tally', () => {
  it('counts from the last reset, in microseconds', () => {
    const tally = new Tally();
    tally.messages = 7;
    tally.addLatency(1_000);
    tally.reset();
    tally.messages += 3;
    for (const ms of [3, 1, 2]) tally.addLatency(ms);

    expect(tally.count()).toMatchObject({ messages: 3, lost: 0, p50Us: 2_000, p99Us: 3_000 });
  });

  it('keeps the connections that were lost before the reset', () => {
    const tally = new Tally();
    tally.lost++;
    tally.reset();

    expect(tally.count().lost).toBe(1);
  });

  it('is full at its limit', () => {
    const tally = new Tally();
    expect(tally.isFull).toBe(false);
    tally.limit = 2;
    tally.messages = 2;

    expect(tally.isFull).toBe(true);
  });
});

describe('parseProcessorList', () => {
  it('reads single processors and ranges', () => {
    expect(parseProcessorList('0-2,5')).toEqual([0, 1, 2, 5]);
    expect(parseProcessorList('')).toEqual([]);
  });
});

describe('readInstructions', () => {
  it('reads the total that cachegrind logs', () => {
    expect(readInstructions('==1== \n==1== I refs:        1,707,015,521\n')).toBe(1_707_015_521);
  });

  it('says so when nothing was counted', () => {
    expect(() => readInstructions('valgrind: node: command not found')).toThrow('valgrind has counted nothing');
  });
});
