import type { Todo } from './todo.js';

/** How many lists there may be. One more, and the one that was not saved for longest is dropped. */
const MAX_LISTS = 1_000;

/** The lists of all sessions, in memory. */
export class TodoLists {
  readonly #lists = new Map<string, readonly Todo[]>();

  /** Empty for a session that has saved nothing yet. */
  of(session: string): readonly Todo[] {
    return this.#lists.get(session) ?? [];
  }

  save(session: string, list: readonly Todo[]): void {
    this.#lists.delete(session);
    this.#lists.set(session, list); // the last one in the order of the map
    const [oldest] = this.#lists.keys();
    if (this.#lists.size > MAX_LISTS && oldest !== undefined) this.#lists.delete(oldest);
  }
}
