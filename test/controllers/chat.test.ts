import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildChatApp } from '../../controllers/chat/app.js';
import { Logger } from '../../controllers/chat/logger.js';
import { ChatClient } from './chat-client.js';

class MemoryLogger extends Logger {
  readonly lines: string[] = [];

  log(message: string): void {
    this.lines.push(message);
  }
}

describe('the chat', () => {
  let app: FastifyInstance;
  let logger: MemoryLogger;

  beforeEach(async () => {
    logger = new MemoryLogger();
    app = await buildChatApp({ logger });
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  afterEach(async () => {
    await app.close();
  });

  describe('names', () => {
    it('are given to who brings none: two words, another one for each visitor', async () => {
      const one = await ChatClient.enter(app);
      const other = await ChatClient.enter(app);

      expect(one.last('welcome')?.name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
      expect(other.last('welcome')?.name).not.toBe(one.last('welcome')?.name);
    });

    it('are kept by who brings one in the header X-Username', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada Łovelace' });

      expect(ada.last('welcome')?.name).toBe('Ada Łovelace');
    });

    it.each([
      ['a name that somebody has', 'Ada'],
      ['that name in other letters', ' ada '],
      ['25 characters', 'x'.repeat(25)],
      ['a direction mark', '\u202eada'],
    ])('are replaced for who brings %s', async (_what, name) => {
      await ChatClient.enter(app, { name: 'Ada' });

      const visitor = await ChatClient.enter(app, { name });

      expect(visitor.last('welcome')?.name).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
    });

    it('change on rename: answered with the trimmed name, told to the room', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });
      const grace = await ChatClient.enter(app, { name: 'Grace' });

      const answer = await ada.rename('  Countess   Ada ');
      await grace.catchUp();

      expect(answer).toBe('Countess Ada');
      expect(grace.notices).toContain('Ada is now Countess Ada');
      expect(grace.roster).toEqual(['Countess Ada', 'Grace']);
    });

    it('may change their case only, and stay as they are without a notice', async () => {
      const ada = await ChatClient.enter(app, { name: 'ada' });

      expect(await ada.rename('Ada')).toBe('Ada');
      expect(await ada.rename('Ada')).toBe('Ada');
      expect(ada.notices).toEqual(['ada joined', 'ada is now Ada']);
    });

    it.each([
      ['nothing', ''],
      ['spaces', '   '],
      ['25 characters', 'x'.repeat(25)],
      ['a control character', 'a\u0000b'],
      ['an invisible character', '\u200b'],
    ])('refuse %s with "A name has 1 to 24 visible characters."', async (_what, name) => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });

      await expect(ada.rename(name)).rejects.toThrow('A name has 1 to 24 visible characters.');
      expect(ada.roster).toEqual(['Ada']);
    });

    it('count characters, not the halves that some are stored in', async () => {
      const ada = await ChatClient.enter(app);

      expect(await ada.rename('🌊'.repeat(24))).toBe('🌊'.repeat(24));
      await expect(ada.rename('🌊'.repeat(25))).rejects.toThrow('1 to 24');
    });

    it.each(['Grace', 'GRACE', 'Ｇrace'])(
      'refuse %j while Grace is here, and give it once she has left',
      async (name) => {
        const grace = await ChatClient.enter(app, { name: 'Grace' });
        const ada = await ChatClient.enter(app, { name: 'Ada' });

        await expect(ada.rename(name)).rejects.toThrow(`Somebody here is called “${name}” already.`);
        grace.vanish();
        await expect.poll(() => ada.roster).toEqual(['Ada']);

        await expect.poll(() => ada.rename(name)).toBe(name);
      },
    );
  });

  describe('rooms', () => {
    it('begin with the history, the notice, the roster and the counts, in this order', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });

      expect(ada.heard.map(({ event }) => event)).toEqual([
        ...['welcome', 'rooms'],
        ...['history', 'notice', 'roster', 'rooms'],
      ]);
      expect(ada.last('history')).toEqual({ room: 'lobby', lines: [] });
      expect(ada.last('notice')).toMatchObject({ room: 'lobby', text: 'Ada joined', at: expect.any(Number) });
    });

    it('are listed with their counts to everybody, the empty lobby first', async () => {
      const ada = await ChatClient.enter(app, { room: 'zebra' });
      await ChatClient.enter(app, { room: 'ant' });
      await ChatClient.enter(app, { room: 'zebra' });
      await ada.catchUp();

      expect(ada.last('rooms')).toEqual([
        { name: 'lobby', count: 0 },
        { name: 'ant', count: 1 },
        { name: 'zebra', count: 2 },
      ]);
    });

    it('are switched by leaving one and joining another', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });
      const grace = await ChatClient.enter(app, { name: 'Grace' });

      await grace.leave('lobby');
      await grace.join('engines');
      await ada.catchUp();

      expect(ada.notices).toEqual(['Ada joined', 'Grace joined', 'Grace left']);
      expect(ada.roster).toEqual(['Ada']);
      expect(grace.last('roster')).toMatchObject({ room: 'engines', people: [{ name: 'Grace' }] });
      expect(ada.last('rooms')).toEqual([
        { name: 'lobby', count: 1 },
        { name: 'engines', count: 1 },
      ]);
    });

    it('refuse a second one at a time', async () => {
      const ada = await ChatClient.enter(app);

      await expect(ada.join('engines')).rejects.toThrow('You are in “lobby”. Leave it first.');
    });

    it.each(['a b', 'x'.repeat(25), '<b>', 'a/b'])('refuse the name %j and say what a name is', async (room) => {
      const ada = await ChatClient.enter(app, { room: '' });

      await expect(ada.join(room)).rejects.toThrow('A room name has 1 to 24 letters, digits, “-” or “_”.');
      expect(ada.last('rooms')).toEqual([{ name: 'lobby', count: 0 }]);
    });

    it('lose who vanishes: told to the room, counted, logged', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });
      const grace = await ChatClient.enter(app, { name: 'Grace' });

      grace.vanish();

      await expect.poll(() => ada.notices).toContain('Grace left');
      await expect.poll(() => ada.roster).toEqual(['Ada']);
      await expect.poll(() => ada.last('rooms')).toEqual([{ name: 'lobby', count: 1 }]);
      await expect.poll(() => logger.lines).toEqual(['Ada is here', 'Grace is here', 'Grace has left']);
    });
  });

  describe('messages', () => {
    it('reach everybody in the room with their author and time, and nobody elsewhere', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });
      const grace = await ChatClient.enter(app, { name: 'Grace' });
      const alan = await ChatClient.enter(app, { name: 'Alan', room: 'engines' });

      await ada.say('  Hello; everybody  ');
      for (const one of [grace, alan]) await one.catchUp();

      const line = { room: 'lobby', from: ada.last('welcome'), text: 'Hello; everybody', at: expect.any(Number) };
      expect(ada.all('chat')).toEqual([line]);
      expect(grace.all('chat')).toEqual([line]);
      expect(alan.all('chat')).toEqual([]);
    });

    it('carry HTML as the text it is', async () => {
      const ada = await ChatClient.enter(app);

      await ada.say('<img src=x onerror=alert(1)>');

      expect(ada.texts).toEqual(['<img src=x onerror=alert(1)>']);
    });

    it.each([
      ['nothing', ''],
      ['spaces', '  '],
      ['501 characters', 'x'.repeat(501)],
    ])('refuse %s with "A message has 1 to 500 characters."', async (_what, body) => {
      const ada = await ChatClient.enter(app);

      await expect(ada.say(body)).rejects.toThrow('A message has 1 to 500 characters.');
      expect(ada.texts).toEqual([]);
    });

    it('have up to 500 characters', async () => {
      const ada = await ChatClient.enter(app);

      await ada.say('🌊'.repeat(500));

      expect(ada.texts).toEqual(['🌊'.repeat(500)]);
    });

    it('in binary frames are refused', async () => {
      const ada = await ChatClient.enter(app);

      await expect(ada.sayBytes('Hello')).rejects.toThrow('A message has 1 to 500 characters.');
      expect(ada.texts).toEqual([]);
    });

    it('that look like JSON are the text that they are', async () => {
      const ada = await ChatClient.enter(app);

      for (const text of ['{', '7', '"Hello"']) await ada.say(text);

      expect(ada.texts).toEqual(['{', '7', '"Hello"']);
    });

    it('that name no room are for the one that their author is in', async () => {
      const ada = await ChatClient.enter(app);
      const grace = await ChatClient.enter(app, { room: 'engines' });

      await ada.say('Where am I?', '');
      await grace.catchUp();

      expect(ada.last('chat')).toMatchObject({ room: 'lobby', text: 'Where am I?' });
      expect(grace.texts).toEqual([]);
    });

    it('are refused from outside of the room: without one, and for one of others', async () => {
      const ada = await ChatClient.enter(app);
      const outsider = await ChatClient.enter(app, { room: '' });

      await expect(outsider.say('Let me in', '')).rejects.toThrow('Join a room before you write.');
      await expect(outsider.say('Let me in', 'lobby')).rejects.toThrow('bad room');
      await ada.catchUp();
      expect(ada.texts).toEqual([]);
    });

    it('are refused from who has left', async () => {
      const ada = await ChatClient.enter(app);
      await ada.leave('lobby');

      await expect(ada.say('One more thing')).rejects.toThrow('bad room');
    });
  });

  describe('history', () => {
    it('gives the last 20 messages of the room to who joins, oldest first', async () => {
      const ada = await ChatClient.enter(app);
      for (let n = 1; n <= 22; n += 1) await ada.say(`message ${n}`);

      const grace = await ChatClient.enter(app);

      const texts = grace.last('history')?.lines.map(({ text }) => text);
      expect(texts).toHaveLength(20);
      expect(texts?.at(0)).toBe('message 3');
      expect(texts?.at(-1)).toBe('message 22');
    });

    it('keeps the name under which something was said', async () => {
      const ada = await ChatClient.enter(app, { name: 'Ada' });
      await ada.say('Hello');
      await ada.rename('Countess');

      const grace = await ChatClient.enter(app);

      expect(grace.last('history')?.lines).toMatchObject([{ from: { name: 'Ada' }, text: 'Hello' }]);
    });

    it('fits into one message at its largest', async () => {
      const ada = await ChatClient.enter(app);
      for (let n = 1; n <= 20; n += 1) await ada.say('\u0001'.repeat(500));

      const grace = await ChatClient.enter(app);

      expect(grace.last('history')?.lines).toHaveLength(20);
    });

    it('is forgotten when the last one has left the room', async () => {
      const ada = await ChatClient.enter(app, { room: 'engines' });
      await ada.say('Nobody will read this', 'engines');
      await ada.leave('engines');

      await ada.join('engines');

      expect(ada.last('history')).toEqual({ room: 'engines', lines: [] });
    });
  });

  it('refuses visitor 201 with "The chat is full. Come back a little later.", until somebody leaves', async () => {
    const visitors = await Promise.all(Array.from({ length: 200 }, () => ChatClient.enter(app, { room: '' })));

    await expect(ChatClient.enter(app)).rejects.toThrow('The chat is full. Come back a little later.');
    visitors[0]?.vanish();
    await expect.poll(() => logger.lines.filter((line) => line.endsWith('has left'))).toHaveLength(1);

    const late = await ChatClient.enter(app);
    expect(late.last('history')?.room).toBe('lobby');
  });

  it('serves its page and the client library itself, under a policy that allows nothing from elsewhere', async () => {
    const page = await app.inject('/');
    const library = await app.inject('/nefeli.mjs');
    const missing = await app.inject('/chat.controller.js');

    expect(page.statusCode).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(library.headers['content-type']).toMatch(/^(text|application)\/javascript/);
    expect(missing.statusCode).toBe(404);
    for (const { headers } of [page, library, missing]) {
      expect(headers['content-security-policy']).toMatch(/^default-src 'self'; connect-src 'self' ws: wss:;/);
      expect(headers['x-content-type-options']).toBe('nosniff');
    }
  });
});
