import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../../controllers/examples.js';

const PAGE = readFileSync('docs/examples.md', 'utf8');
const sections = PAGE.split(/^## /m).slice(1);

describe('docs/examples.md', () => {
  it('has a section for every example, in the order in which they are listed', () => {
    expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([...EXAMPLES.keys()]);
  });

  it.each([...EXAMPLES.keys()])('says how %s is started, and which file to read first', (name) => {
    const section = sections.find((one) => one.startsWith(`${name}\n`)) ?? '';

    expect(section).toContain(`npm start -- ${name}\``);
    expect(section).toMatch(new RegExp(`Read first: \\[[\\w.-]+\\]\\(../controllers/${name}/`));
  });

  it('links to files that there are', () => {
    const links = [...PAGE.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, link = '']) => link);

    expect(links.filter((link) => !existsSync(join('docs', link)))).toEqual([]);
  });
});
