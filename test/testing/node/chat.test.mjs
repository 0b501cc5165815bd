// Run by `node --test` on the built package, as a user's tests are: no compiler, no other runner.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Fastify from 'fastify';
import { inject } from 'inversify';
import { Namespace, NSConn, nefeli, PublicError } from 'nefeli';
import { testClient, testNamespace } from 'nefeli/testing';

class ChatController {
  constructor(ns) {
    this.ns = ns;
  }

  onChat(msg) {
    this.ns.broadcastOthers('chat', msg.body);
  }

  onShout() {
    throw new PublicError('not so loud');
  }
}
Namespace('chat')(ChatController);
inject(NSConn)(ChatController, undefined, 0);

let chat;
before(async () => {
  chat = await testNamespace(ChatController);
});
after(() => chat.close());

test('a controller is tested without a network', async () => {
  const [anna, ben] = [await chat.connect(), await chat.connect()];

  anna.emit('chat', 'hello');

  assert.equal((await ben.expectEvent('chat')).body, 'hello');
  await anna.expectNoEvent('chat');
  await assert.rejects(anna.ask('shout'), { name: 'RemoteError', text: 'not so loud' });
  await assert.rejects(anna.expectEvent('chat'), { code: 'EVENT_MISSING' });
});

test('time moves when it is told to', async () => {
  const slow = await testNamespace({ default: { wait: () => new Promise(() => {}) } }, { handlerTimeoutMs: 60_000 });
  const anna = await slow.connect();
  const reply = anna.ask('wait', undefined, { timeoutMs: 30_000 });

  await slow.clock.advance(30_000);

  await assert.rejects(reply, { code: 'ASK_TIMEOUT' });
  await slow.close();
});

test('the same client speaks over the WebSocket of browsers', { skip: !globalThis.WebSocket }, async () => {
  const app = Fastify();
  await app.register(nefeli, { path: '/ws', namespaces: { default: { echo: (msg) => msg.body } } });
  await app.listen({ port: 0, host: '127.0.0.1' });

  const anna = await testClient(new WebSocket(`ws://127.0.0.1:${app.server.address().port}/ws`));

  assert.deepEqual((await anna.ask('echo', new Uint8Array([1, 2]))).body, new Uint8Array([1, 2]));
  assert.equal((await anna.ask('echo', 'text')).body, 'text');
  anna.close(4001, 'bye');
  assert.deepEqual(await anna.closed, { code: 4001, reason: 'bye' });
  await app.close();
});
