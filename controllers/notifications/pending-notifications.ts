import type { Notification } from './notification.js';

const MAX_OF_A_USER = 100;
/** Of all users together. */
const MAX_WAITING = 10_000;

/** What became of a notification: it is new, it has taken the place of an older one, or there was no room for it. */
export type Filed = 'new' | 'replaced' | 'no room';

/** The notifications that wait for their users, in memory. */
export class PendingNotifications {
  readonly #byUser = new Map<string, Map<string, Notification>>();
  #count = 0;

  file(notification: Notification): Filed {
    const { id, userId } = notification;
    const waiting = this.#byUser.get(userId) ?? new Map<string, Notification>();
    const isNew = !waiting.has(id);
    if (isNew && (waiting.size >= MAX_OF_A_USER || this.#count >= MAX_WAITING)) return 'no room';
    if (isNew) this.#count += 1;
    this.#byUser.set(userId, waiting.set(id, notification));
    return isNew ? 'new' : 'replaced';
  }

  /** All that wait, of each user in the order of filing. */
  all(): Notification[] {
    return [...this.#byUser.values()].flatMap((waiting) => [...waiting.values()]);
  }

  /** Forgets this one, and not what has taken its place meanwhile. */
  remove(notification: Notification): void {
    const { id, userId } = notification;
    const waiting = this.#byUser.get(userId);
    if (waiting?.get(id) !== notification) return;
    waiting.delete(id);
    this.#count -= 1;
    if (waiting.size === 0) this.#byUser.delete(userId);
  }
}
