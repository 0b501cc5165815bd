/**
 * Which names of an event reach a method, the canonical one first. `undefined`: the method is no event.
 *
 * @param method the name of the method as written
 */
export type EventMatcher = (method: string) => readonly string[] | undefined;

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
