import type { Random } from '../ports/random.js';

/** When to come back, in seconds: spread, so that those who were turned away together do not come back together. */
const RETRY_AFTER_SECONDS = { min: 1, max: 10 };

/** The value of a header `Retry-After`, another one each time. */
export function retryAfter(random: Random): string {
  const { min, max } = RETRY_AFTER_SECONDS;
  return String(Math.round(min + random.fraction() * (max - min)));
}
