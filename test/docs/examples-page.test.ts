import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../controllers/examples.js';

const PAGE = readFileSync('docs/examples.md', 'utf8');

describe('docs/examples.md', () => {
  it.each([...EXAMPLES.keys()])('says how to start %s, and which file of it to read first', (name) => {
    expect(PAGE).toContain(`npm start -- ${name}\``);
    expect(PAGE).toContain(`](../controllers/${name}/`);
  });

  it('links to files and pages that exist', () => {
    const links = [...PAGE.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link);

    expect(links.length).toBeGreaterThan(EXAMPLES.size);
    expect(links.filter((link) => !existsSync(join('docs', link)))).toEqual([]);
  });
});
