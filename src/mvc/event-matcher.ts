import { systemEventOf } from '../core/lifecycle-names.js';
import { WsError } from '../errors.js';
import type { EventMatcher } from '../ports/event-matcher.js';

const EVENT_METHOD = /^[oO]n([A-Z].*)$/;

/**
 * `onChat` is the event `chat`. Clients written for Iris, where the method's name is the event's, send `OnChat`; that and
 * `onChat` reach it, too. `once` and `onlineUsers` are no events.
 */
export const defaultEventMatcher: EventMatcher = (method) => {
  const name = EVENT_METHOD.exec(method)?.[1];
  if (name === undefined) return undefined;
  return [name.charAt(0).toLowerCase() + name.slice(1), `on${name}`, `On${name}`];
};

/** What no client may ever call by its name, whoever has written it anew. */
const isReserved = (method: string): boolean => method in Object.prototype || systemEventOf(method) !== undefined;

function mustNotBeEmpty(matcher: string, prefix: string): void {
  const expected = 'a text that is not empty: eventMatchers.exact takes every method';
  if (prefix === '') throw new WsError('OPTION_INVALID', { option: `prefix of ${matcher}()`, value: prefix, expected });
}

interface EventMatchers {
  /**
   * Every method of the class and of its bases is the event of exactly its name, so clients can call it; except for names that
   * begin with `_`. A `#method` is none. `private` does not exist at run time and hides nothing.
   */
  readonly exact: EventMatcher;

  /**
   * Methods whose names begin with the prefix are the events of exactly their names: with `on` the method `onChat` is `onChat`.
   *
   * @throws {OPTION_INVALID} when it is empty
   */
  prefix(prefix: string): EventMatcher;

  /**
   * Methods whose names begin with the prefix are the events of the rest, as it is written: with `on` the method `onChat` is
   * `Chat`. What is nothing but the prefix is none.
   *
   * @throws {OPTION_INVALID} when it is empty
   */
  trimPrefix(prefix: string): EventMatcher;
}

/**
 * Ready-made values of the option `eventMatcher`. System events (`onRoomJoined`, …) keep their own names under each of them, and
 * methods that every object has are no events.
 */
export const eventMatchers: EventMatchers = {
  exact: (method) => (method.startsWith('_') || isReserved(method) ? undefined : [method]),

  prefix(prefix) {
    mustNotBeEmpty('eventMatchers.prefix', prefix);
    return (method) => (method.startsWith(prefix) && !isReserved(method) ? [method] : undefined);
  },

  trimPrefix(prefix) {
    mustNotBeEmpty('eventMatchers.trimPrefix', prefix);
    return (method) => {
      if (!method.startsWith(prefix) || method === prefix || isReserved(method)) return undefined;
      return [method.slice(prefix.length)];
    };
  },
};
