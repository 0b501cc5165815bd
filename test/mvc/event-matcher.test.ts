import { Container } from 'inversify';
import { defaultEventMatcher, Namespace } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

describe('the event matcher', () => {
  it.each([
    ['onChat', ['chat', 'onChat', 'OnChat']],
    ['OnChat', ['chat', 'onChat', 'OnChat']],
    ['onURLChange', ['uRLChange', 'onURLChange', 'OnURLChange']],
  ])('gives the names of %s, the canonical one first', (method, names) => {
    expect(defaultEventMatcher(method)).toEqual(names);
  });

  it.each(['once', 'onlineUsers', 'on', 'chat', 'constructor', 'conChat', '_onChat', 'on1', ''])(
    'finds no event in %j',
    (method) => {
      expect(defaultEventMatcher(method)).toBeUndefined();
    },
  );

  it('may be one of the application', async () => {
    @Namespace('default')
    class Chat {
      handleChat() {
        return 'heard';
      }
    }
    const app = await startNefeli({
      container: new Container(),
      controllers: [Chat],
      eventMatcher: (method) => (method.startsWith('handle') ? [method.slice(6).toUpperCase()] : undefined),
    });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;;CHAT;0;0;');
    expect(await client.next()).toBe('$1;default;;CHAT;0;0;heard');
  });
});
