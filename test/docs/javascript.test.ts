import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testNamespace } from 'nefeli/testing';
import { expect, it, onTestFinished } from 'vitest';

const GENERATED = resolve('build/docs-javascript');

it('getting started has a controller in plain JavaScript that is served as it stands', async () => {
  const text = readFileSync('docs/getting-started.md', 'utf8');
  const [, code = ''] = /```js\n([^`]*\bdecorate\(On\([^`]*)```/.exec(text) ?? [];
  mkdirSync(GENERATED, { recursive: true });
  const file = resolve(GENERATED, 'chat.controller.js');
  writeFileSync(file, code);
  const { ChatController } = (await import(pathToFileURL(file).href)) as { ChatController: new () => object };

  const chat = await testNamespace(ChatController);
  onTestFinished(() => chat.close());
  const ada = await chat.connect();
  const ben = await chat.connect();
  ada.emit('chat', 'hello');

  expect((await ben.expectEvent('chat')).body).toBe('hello');
  expect((await ada.ask('sum', [1, 2])).json()).toBe(3);
});
