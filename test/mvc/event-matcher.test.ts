import { Container, inject, preDestroy } from 'inversify';
import { defaultEventMatcher, type EventMatcher, eventMatchers, Namespace, NSConn } from 'nefeli';
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

/** Names that are no events under any matcher: of the system, and of every object. */
const NEVER = [
  'onRoomJoin',
  'OnNamespaceConnected',
  'constructor',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__proto__',
];

describe('eventMatchers', () => {
  it('exact takes every name as it is, but none that begins with an underscore', () => {
    expect(['chat', 'onChat', 'Chat', 'on'].map(eventMatchers.exact)).toEqual([['chat'], ['onChat'], ['Chat'], ['on']]);
    expect(['_chat', '_', ...NEVER].map(eventMatchers.exact)).toEqual(Array.from({ length: 9 }));
  });

  it('prefix takes the names that begin with it, as they are', () => {
    const matcher = eventMatchers.prefix('on');

    expect(['onChat', 'once', 'on'].map(matcher)).toEqual([['onChat'], ['once'], ['on']]);
    expect(['OnChat', 'chat', 'conChat', ...NEVER].map(matcher)).toEqual(Array.from({ length: 10 }));
    expect(eventMatchers.prefix('to')('toString')).toBeUndefined();
  });

  it('trimPrefix takes the names that begin with it, and gives the rest as it is written', () => {
    const matcher = eventMatchers.trimPrefix('on');

    expect(['onChat', 'once'].map(matcher)).toEqual([['Chat'], ['ce']]);
    expect(['on', 'OnChat', 'chat', ...NEVER].map(matcher)).toEqual(Array.from({ length: 10 }));
  });

  it.each(['prefix', 'trimPrefix'] as const)('%s throws OPTION_INVALID for an empty prefix', (name) => {
    expect(() => eventMatchers[name]('')).toThrow(
      `OPTION_INVALID: the option prefix of eventMatchers.${name}() is "", but must be a text that is not empty`,
    );
  });
});

describe('the event matcher of a controller', () => {
  class Chat {
    onChat(): string {
      return 'heard';
    }
    onRoomJoined(): void {}
  }

  /** Which of these events a controller hears under a matcher. */
  async function heard(eventMatcher: EventMatcher, ...events: string[]): Promise<string[]> {
    const container = new Container();
    const app = await startNefeli({
      container,
      controllers: [{ controller: Chat, namespace: 'default', eventMatcher }],
      eventMatcher: () => ['of the server'],
    });
    const client = await RawClient.join(app, 'default');
    const answers: string[] = [];
    for (const event of events) {
      client.send(`$1;default;;${event};0;0;`);
      if (String(await client.next()).endsWith(';0;0;heard')) answers.push(event);
    }
    return answers;
  }

  it.each([
    ['exact', eventMatchers.exact, 'onChat'],
    ["prefix('on')", eventMatchers.prefix('on'), 'onChat'],
    ["trimPrefix('on')", eventMatchers.trimPrefix('on'), 'Chat'],
  ])('%s goes before that of the server, and leaves system events alone', async (_, matcher, event) => {
    const names = ['chat', 'onChat', 'OnChat', 'Chat', 'of the server', 'onRoomJoined', 'RoomJoined', 'toString'];

    expect(await heard(matcher, ...names)).toEqual([event]);
  });

  it('may be another one for each controller of a namespace', async () => {
    @Namespace('default', { eventMatcher: eventMatchers.exact })
    class Exact {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      readonly clock = Date.now;
      ping() {
        return 'heard';
      }
      @preDestroy()
      tidy() {}
    }
    @Namespace('default')
    class Usual extends Chat {}
    const app = await startNefeli({ container: new Container(), controllers: [Exact, Usual] });
    const client = await RawClient.join(app, 'default');

    client.send('$1;default;;ping;0;0;', '$2;default;;chat;0;0;', '$3;default;;tidy;0;0;', '$4;default;;clock;0;0;');

    expect(await client.next()).toBe('$1;default;;ping;0;0;heard');
    expect(await client.next()).toBe('$2;default;;chat;0;0;heard');
    expect(await client.next()).toBe('$3;default;;tidy;1;0;bad event');
    expect(await client.next()).toBe('$4;default;;clock;1;0;bad event');
  });
});
