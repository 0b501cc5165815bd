import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^nefeli$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      { find: /^nefeli\/client$/, replacement: fileURLToPath(new URL('./src/client/node.ts', import.meta.url)) },
      {
        find: /^nefeli\/connection-style$/,
        replacement: fileURLToPath(new URL('./src/connection-style/index.ts', import.meta.url)),
      },
      {
        find: /^nefeli\/nats$/,
        replacement: fileURLToPath(new URL('./src/adapters/nats/index.ts', import.meta.url)),
      },
      {
        find: /^nefeli\/redis$/,
        replacement: fileURLToPath(new URL('./src/adapters/redis/index.ts', import.meta.url)),
      },
      { find: /^nefeli\/testing$/, replacement: fileURLToPath(new URL('./src/testing/index.ts', import.meta.url)) },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 20_000,
    reporters: ['default', ['json', { outputFile: 'build/test-results.json' }]],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        'src/{protocol,core,server}/**/*.ts': { lines: 100, branches: 95 },
      },
    },
  },
});
