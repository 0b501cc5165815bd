/** What has to be stepped over or counted to find the members of a class: comments, texts, brackets, and assigned functions. */
const TOKEN =
  /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`|[{}()[\]]|([A-Za-z_$][\w$]*)\s*=\s*(?=async\b|function\b|\(|[A-Za-z_$][\w$]*\s*=>)/g;

/** How deep the members of a class stand: in its braces, and in nothing else. */
const MEMBER_DEPTH = 1;

/**
 * The fields of a class that are given a function where they are declared, by the source of the class. It is a search, not a
 * parser: what it misses is found when the first object is made.
 */
export function functionFieldsIn(source: string): string[] {
  const fields: string[] = [];
  let depth = 0;
  for (const [token, field] of source.matchAll(TOKEN)) {
    if (field !== undefined && depth === MEMBER_DEPTH) fields.push(field);
    else if (token === '{' || token === '(' || token === '[') depth += 1;
    else if (token === '}' || token === ')' || token === ']') depth -= 1;
  }
  return fields;
}
