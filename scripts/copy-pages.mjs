// The pages of the examples are plain files, which the compiler does not copy.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

for (const example of readdirSync('controllers', { withFileTypes: true })) {
  const pages = join('controllers', example.name, 'public');
  if (example.isDirectory() && existsSync(pages)) {
    cpSync(pages, join('build', 'controllers', example.name, 'public'), { recursive: true });
  }
}
