/** How many texts are remembered, and how long each may be: they come from peers. Origins and hosts of one service are few and short. */
const MAX_TEXTS = 256;
const MAX_LENGTH = 256;

interface Remembered<T> {
  readonly text: string;
  readonly made: T;
}

/**
 * The same function, which remembers what it has made of the texts that it was last given. For what is asked again with every
 * upgrade and costs more than a look-up.
 */
export function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, Remembered<T>>();
  let last: Remembered<T> | undefined;
  return (text) => {
    // A text of a request is a new string each time, and compared sooner than looked up.
    if (last?.text !== text) last = known.get(text);
    if (last) return last.made;
    const made = compute(text);
    if (text.length > MAX_LENGTH) return made;
    // Whoever sends ever new ones makes it begin anew, and costs the others one look more.
    if (known.size >= MAX_TEXTS) known.clear();
    last = { text, made };
    known.set(text, last);
    return made;
  };
}
