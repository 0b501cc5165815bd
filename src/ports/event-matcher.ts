/**
 * Which names of an event reach a method, the canonical one first. `undefined`: the method is no event.
 *
 * @param method the name of the method as written
 */
export type EventMatcher = (method: string) => readonly string[] | undefined;
