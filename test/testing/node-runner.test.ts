import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

/** What the runner of Node is started with: `WebSocket` is there without a flag from version 22 on. */
const ARGS = ['--experimental-websocket', '--test-reporter=tap', '--test', 'test/testing/node/chat.test.mjs'];

it('nefeli/testing, as it is built, needs no runner but that of Node', async () => {
  const { stdout } = await run(process.execPath, ARGS, { env: withoutVitest() });

  expect(stdout).toMatch(/^# pass 3$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(stdout).toMatch(/^# skipped 0$/m);
});

/** What a child of another runner would not see. */
function withoutVitest(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST') && name !== 'NODE_OPTIONS');
  return Object.fromEntries(entries);
}
