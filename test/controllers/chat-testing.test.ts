import { Container } from 'inversify';
import { type NamespaceTest, type TestClient, testClient, testNamespace } from 'nefeli/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { buildChatApp } from '../../controllers/chat/app.js';
import { ChatController } from '../../controllers/chat/chat.controller.js';
import type { ChatEvents } from '../../controllers/chat/chat-events.js';
import { History } from '../../controllers/chat/history.js';
import { Logger } from '../../controllers/chat/logger.js';
import { People } from '../../controllers/chat/people.js';
import { portOf } from '../support/port-of.js';

class MemoryLogger extends Logger {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(message);
  }
}

const nameHeader = (name: string) => ({ headers: { 'X-Username': name } });

describe('the chat, without a network', () => {
  let chat: NamespaceTest;
  let logger: MemoryLogger;

  beforeEach(async () => {
    logger = new MemoryLogger();
    const container = new Container();
    container.bind(Logger).toConstantValue(logger);
    container.bind(People).toConstantValue(new People());
    container.bind(History).toConstantValue(new History());
    chat = await testNamespace(ChatController, { container, limits: { messagesPerSecond: 10, messageBurst: 30 } });
  });

  afterEach(() => chat.close());

  /** A visitor in the lobby who has heard all that one is greeted with. */
  async function enter(name: string): Promise<TestClient<ChatEvents>> {
    const visitor = await chat.connect<ChatEvents>({ request: nameHeader(name) });
    await visitor.join('lobby');
    await visitor.expectEvent('history');
    return visitor;
  }

  it('welcomes a visitor by name, and tells the others', async () => {
    const ada = await enter('Ada');

    const grace = await enter('Grace');

    expect((await grace.expectEvent('welcome')).json()).toEqual({ id: grace.id, name: 'Grace' });
    await ada.expectEvent('notice', { where: (notice) => notice.json().text === 'Grace joined' });
    await ada.expectEvent('roster', { where: (roster) => roster.json().people.length === 2 });
    expect(logger.lines).toEqual(['Ada is here', 'Grace is here']);
  });

  it('brings a message to everybody in the room, and to nobody elsewhere', async () => {
    const [ada, grace, alan] = [await enter('Ada'), await enter('Grace'), await enter('Alan')];
    await alan.leave('lobby');
    await alan.join('engines');

    ada.room('lobby')?.emit('chat', 'Hello');

    const line = (await grace.expectEvent('chat', { room: 'lobby' })).json();
    expect(line).toMatchObject({ room: 'lobby', from: { id: ada.id, name: 'Ada' }, text: 'Hello' });
    await ada.expectEvent('chat');
    await alan.expectNoEvent('chat');
  });

  it('refuses what is no room, and a second one', async () => {
    const ada = await enter('Ada');

    await expect(ada.join('engines')).rejects.toThrow('You are in “lobby”. Leave it first.');
    await ada.leave('lobby');
    await expect(ada.join('a b')).rejects.toThrow('A room name has 1 to 24 letters');
  });

  it('answers a message that is none with what one is, also where nobody has asked', async () => {
    const ada = await enter('Ada');

    ada.room('lobby')?.emit('chat', '');

    expect((await ada.expectError('chat')).body).toBe('A message has 1 to 500 characters.');
  });

  it('forgets who vanishes, once the heartbeat has found out', async () => {
    const [ada, grace] = [await enter('Ada'), await enter('Grace')];
    chat.cut(grace);
    await ada.expectNoEvent('notice', { where: (notice) => notice.json().text === 'Grace left' });

    await chat.clock.advance(60_000);

    await ada.expectEvent('notice', { where: (notice) => notice.json().text === 'Grace left' });
    expect(logger.lines.at(-1)).toBe('Grace has left');
  });

  it('slows down who writes more than 30 messages at once, and loses none', async () => {
    const ada = await enter('Ada');
    const lobby = ada.room('lobby');
    for (let n = 1; n <= 40; n += 1) lobby?.emit('chat', `message ${n}`);
    await chat.settle();
    const heard = (): number => ada.events.filter(({ event }) => event === 'chat').length;
    expect(heard()).toBeLessThan(31);

    await chat.clock.advance(2_000);

    expect(heard()).toBe(40);
  });
});

describe('the chat, over websockets', () => {
  it('is the same to the same clients', async () => {
    const app = await buildChatApp({ logger: new MemoryLogger() });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
    const enter = (name: string): Promise<TestClient<ChatEvents>> =>
      testClient<ChatEvents>(new WebSocket(`ws://127.0.0.1:${portOf(app)}/websocket_endpoint`, nameHeader(name)));
    const [ada, grace] = [await enter('Ada'), await enter('Grace')];
    const [lobby] = [await ada.join('lobby'), await grace.join('lobby')];

    lobby.emit('chat', 'Hello');

    expect((await grace.expectEvent('chat')).json()).toMatchObject({ from: { name: 'Ada' }, text: 'Hello' });
    await expect(grace.ask('rename', 'Ada')).rejects.toThrow('Somebody here is called “Ada” already.');
  });

  it('is the same without a port', async () => {
    const app = await buildChatApp({ logger: new MemoryLogger() });
    onTestFinished(() => app.close());
    await app.ready();

    const headers = { 'x-username': 'Ada' };
    const ada = await testClient<ChatEvents>(await app.injectWS('/websocket_endpoint', { headers }));
    onTestFinished(() => ada.terminate());

    expect((await ada.expectEvent('welcome')).json().name).toBe('Ada');
  });
});
