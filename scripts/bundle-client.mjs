// Bundles the client for pages that have no bundler: as a module, and for a script tag as the global `nefeli`.
import { rolldown } from 'rolldown';

const FORMATS = [
  { format: 'es', file: 'dist/client/nefeli.min.mjs' },
  { format: 'iife', file: 'dist/client/nefeli.min.js', name: 'nefeli' },
];

const bundle = await rolldown({ input: 'dist/client/index.js', platform: 'browser' });
for (const output of FORMATS) await bundle.write({ ...output, minify: true, comments: false, sourcemap: true });
await bundle.close();
