/** The least, the middle and the greatest of some values. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/**
 * The value below which a share of the sorted values lies, by the nearest rank; 0 where there are none.
 *
 * @param share from 0 to 1
 */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const rank = Math.ceil(share * sorted.length);
  return sorted[Math.max(rank, 1) - 1] ?? 0;
}

/** Of an even number of values the median is the mean of the middle two. `undefined` where there are none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const middle = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { min, median, max };
}

/** The values of the rounds that were measured. */
export function presentOf(values: readonly (number | undefined)[]): readonly number[] {
  return values.filter((value) => value !== undefined);
}

/**
 * What one measured to what the other measured, round by round: both ran one after the other, so that what disturbed
 * the machine for long is in both. Rounds that one of them has missed do not count.
 */
export function ratiosOf(
  values: readonly (number | undefined)[],
  to: readonly (number | undefined)[],
): readonly number[] {
  return values.flatMap((value, round) => {
    const base = to[round];
    return value === undefined || base === undefined || base === 0 ? [] : [value / base];
  });
}
