import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Block, readBlocks } from './markdown.js';

const FILE = /^\/\/ file: (\S+)$/m;

/** A file of TypeScript that a document shows. */
export interface Example {
  readonly document: string;
  readonly file: string;
  readonly code: string;
}

interface DocumentBlock extends Block {
  readonly document: string;
}

/** The fenced blocks of all documents, in order. */
export function blocksOfDocs(): DocumentBlock[] {
  const documents = readdirSync('docs').filter((name) => name.endsWith('.md'));
  return documents.flatMap((name) =>
    readBlocks(readFileSync(join('docs', name), 'utf8')).map((block) => ({
      ...block,
      document: basename(name, '.md'),
    })),
  );
}

/** The examples among the blocks. One without a name has a file that says so. */
export function examplesOf(blocks: readonly DocumentBlock[]): Example[] {
  return blocks
    .filter(({ info }) => info === 'ts')
    .map(({ document, text, line }) => ({
      document,
      file: FILE.exec(text)?.[1] ?? `line ${line}: no file name`,
      code: text,
    }));
}

/** Writes the examples into a folder, each document into one of its own, as its imports expect. */
export function writeExamples(folder: string, examples: readonly Example[]): void {
  for (const { document, file, code } of examples) {
    const path = join(folder, document, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}
