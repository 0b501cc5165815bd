import { systemRandom } from '../core/web-platform.js';
import type { Random } from '../ports/random.js';

/** 64 bits as hexadecimal digits. */
const TOKEN_DIGITS = 16;

/**
 * Chance that a test can foretell where it sees it: ids of errors are counted, and pings come after three quarters of their
 * period. What tells connections and servers apart stays unique.
 */
export class CountedRandom implements Random {
  #count = 0;

  token(): string {
    this.#count += 1;
    return this.#count.toString(16).padStart(TOKEN_DIGITS, '0');
  }

  uuid(): string {
    return systemRandom.uuid();
  }

  fraction(): number {
    return 0.5;
  }
}
