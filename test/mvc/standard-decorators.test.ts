import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Namespace, On, Use } from 'nefeli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROGRAM = `// @ts-nocheck: runners that compile file by file do not look
export const onClass = ({ Namespace }) => { @Namespace('chat') class Chat {} return Chat; };
export const guardOnClass = ({ Use }) => { @Use(() => { throw new Error('no') }) class Chat {} return Chat; };
export const guardOnMethod = ({ Use }) => { class Chat { @Use(() => { throw new Error('no') }) onChat() {} } return Chat; };
export const onMethod = ({ On }) => { class Chat { @On('chat') hear() {} } return Chat; };
`;

describe('decorators that were compiled as standard ones', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nefeli-'));
  let compiled: Readonly<Record<string, (decorators: object) => unknown>> = {};

  beforeAll(async () => {
    writeFileSync(join(folder, 'program.mts'), PROGRAM);
    const tsc = resolve('node_modules/typescript/bin/tsc');
    // Without experimentalDecorators, which is what is forgotten.
    const options = ['--ignoreConfig', '--target', 'es2022', '--module', 'nodenext', '--types', '', 'program.mts'];
    execFileSync(process.execPath, [tsc, ...options], { cwd: folder });
    compiled = (await import(pathToFileURL(join(folder, 'program.mjs')).href)) as typeof compiled; // what PROGRAM exports
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['onClass', '@Namespace(…) was called as a standard decorator, on the class Chat.'],
    ['guardOnClass', '@Use(…) was called as a standard decorator, on the class Chat.'],
    ['guardOnMethod', '@Use(…) was called as a standard decorator, on the method onChat.'],
    ['onMethod', '@On(…) was called as a standard decorator, on the method hear.'],
  ])('are refused when the class is loaded, and not passed over: %s', (name, message) => {
    expect(() => compiled[name]?.({ Namespace, On, Use })).toThrow(
      `DECORATORS_STANDARD: ${message} Nefeli and inversify need legacy ones: ` +
        'set "experimentalDecorators": true in the tsconfig.json that your compiler or runner reads, and let its "include" cover ' +
        'this file: for one outside of it tsx and Vite do not heed the option.',
    );
  });
});
