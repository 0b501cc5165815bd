/**
 * Whether a program that some tests need is there. Where everything is demanded (`NEFELI_DEMAND_ALL=1`), what is
 * missing is a failure: those tests may not be left out unseen.
 */
export function available(program: string, isThere: boolean): boolean {
  if (isThere || process.env['NEFELI_DEMAND_ALL'] !== '1') return isThere;
  throw new Error(`NEFELI_DEMAND_ALL=1, but ${program} is not installed: its tests would be left out. Install it.`);
}
