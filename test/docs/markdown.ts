/** A fenced block of a document. */
export interface Block {
  /** What stands behind the fence: the language, and what follows it. */
  readonly info: string;
  readonly text: string;
  /** Where the block begins, for messages. */
  readonly line: number;
}

export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const FENCE = /^```(.*)\n([\s\S]*?)^```$/gm;

/** The fenced blocks of a Markdown text, in order. */
export function readBlocks(markdown: string): Block[] {
  return [...markdown.matchAll(FENCE)].map(({ 1: info = '', 2: text = '', index }) => ({
    info: info.trim(),
    text,
    line: markdown.slice(0, index).split('\n').length,
  }));
}

const ROW = /^\|(.*)\|$/;
const RULE = /^[\s|:-]+$/;

const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());

/** The tables of a Markdown text. A cell cannot hold a `|`. */
export function readTables(markdown: string): Table[] {
  const tables: { header: string[]; rows: string[][] }[] = [];
  const lines = markdown.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!ROW.test(line) || RULE.test(line)) continue;
    const isHeader = RULE.test(lines[index + 1] ?? 'x') && ROW.test(lines[index + 1] ?? '');
    if (isHeader) tables.push({ header: cellsOf(line), rows: [] });
    else tables.at(-1)?.rows.push(cellsOf(line));
  }
  return tables;
}
