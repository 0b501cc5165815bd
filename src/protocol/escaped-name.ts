const SEPARATOR = ';';

/** What stands for a semicolon in a namespace, room or event. A name that holds this text itself cannot be written. */
const ESCAPED_SEPARATOR = '@%!semicolon@%!';

/** Half of a character outside the basic plane. UTF-8 cannot hold it: it would arrive as U+FFFD. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** A name as a frame holds it. Most names have no semicolon: those come back as they are, at the cost of one search. */
export function escapeName(name: string): string {
  return name.includes(SEPARATOR) ? name.replaceAll(SEPARATOR, ESCAPED_SEPARATOR) : name;
}

/** The name that a frame holds: undoes {@link escapeName} for every name that {@link isEncodableName}. */
export function unescapeName(name: string): string {
  return name.includes('@') ? name.replaceAll(ESCAPED_SEPARATOR, SEPARATOR) : name;
}

/** Whether a name comes back from the wire as it was. */
export function isEncodableName(name: string): boolean {
  if (LONE_SURROGATE.test(name)) return false;
  if (!name.includes('@')) return true;
  return unescapeName(escapeName(name)) === name;
}
