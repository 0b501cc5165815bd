import { describe, expect, it } from 'vitest';
import { Counters } from '../../src/server/counters.js';

describe('Counters', () => {
  it('adds one, or as many as it is told', () => {
    const counters = new Counters();

    counters.count('frames.in');
    counters.count('frames.in', 4);

    expect(counters.get('frames.in')).toBe(5);
  });

  it('gives 0 for what has not been counted, and leaves it out of the snapshot', () => {
    const counters = new Counters();
    counters.count('connections.opened', 2);
    counters.count('broadcasts.delivered', 0);

    expect(counters.get('connections.closed')).toBe(0);
    expect(counters.snapshot()).toEqual({ 'connections.opened': 2 });
  });

  it('gives a snapshot that later counts do not change', () => {
    const counters = new Counters();
    counters.count('frames.in');
    const before = counters.snapshot();

    counters.count('frames.in');

    expect(before).toEqual({ 'frames.in': 1 });
  });
});
