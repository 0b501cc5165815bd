import type { Draft } from './draft.js';
import type { Headline } from './news-events.js';

const MAX_HEADLINES = 30;

/** The headlines of this process, in memory. The oldest goes when there are more than thirty. */
export class Headlines {
  readonly #byId = new Map<number, Headline>();
  #lastId = 0;

  add({ title, author }: Draft): Headline {
    this.#lastId += 1;
    const headline = { id: this.#lastId, title, author, at: Date.now(), applause: 0 };
    this.#byId.set(headline.id, headline);
    this.#byId.delete(headline.id - MAX_HEADLINES);
    return headline;
  }

  /** Adds an applause, and gives the headline as it is then; `undefined` for one that is not there. */
  applaud(id: number): Headline | undefined {
    const headline = this.#byId.get(id);
    if (!headline) return undefined;
    const applauded = { ...headline, applause: headline.applause + 1 };
    this.#byId.set(id, applauded);
    return applauded;
  }

  /** The newest first. */
  latest(): Headline[] {
    return [...this.#byId.values()].reverse();
  }
}
