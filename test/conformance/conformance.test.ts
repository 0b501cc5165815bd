import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTables } from '../docs/markdown.js';

const PAGE = readFileSync('docs/conformance.md', 'utf8');

const rows = readTables(PAGE).flatMap((table) => table.rows);

/** The tests that the page names. */
const named = rows.flatMap(([, , , tests = '']) =>
  tests.split('<br>').map((test) => {
    const [, name = '', sentence = ''] = /^`([^`]+)`: (.+)$/.exec(test) ?? [];
    return { file: `test/${name}.test.ts`, sentence };
  }),
);

/** The sentences of a file, as they are written in it. */
function sentencesIn(file: string): Set<string> {
  const written = readFileSync(file, 'utf8').matchAll(/(?<!\w)(?:it|\]\))\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/g);
  return new Set([...written].map(([, single, double]) => single ?? double ?? ''));
}

describe('docs/conformance.md', () => {
  it('has the rows from 19 to 46, each once', () => {
    const numbers = rows.map(([row]) => row).filter((row) => row !== '');

    expect(numbers).toEqual(Array.from({ length: 28 }, (_, at) => String(19 + at)));
  });

  it('names a test on every line', () => {
    expect(named.length).toBeGreaterThanOrEqual(rows.length);
    expect(named.filter(({ sentence }) => sentence === '')).toEqual([]);
  });

  it('names tests that exist, by the sentence they are written with', () => {
    const missing = named.filter(({ file, sentence }) => !existsSync(file) || !sentencesIn(file).has(sentence));

    expect(missing).toEqual([]);
  });
});
