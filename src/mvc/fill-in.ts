/** What is said nearer stands as it is, and only what it leaves out is filled in. */
export function fillIn<Options extends object>(nearer: Options, further: Options): Options {
  const said = Object.entries(nearer).filter(([, value]) => value !== undefined);
  return { ...further, ...(Object.fromEntries(said) as Options) }; // its own fields, less those that say nothing
}
