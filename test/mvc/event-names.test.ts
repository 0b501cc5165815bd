import Fastify from 'fastify';
import { Container, postConstruct } from 'inversify';
import { eventMatchers, Namespace, type NefeliOptions, nefeli, On } from 'nefeli';
import { describe, expect, it } from 'vitest';

type Controller = NonNullable<NefeliOptions['controllers']>[number];

/** What a start with one controller ends with. */
async function starting(controller: Controller, options: NefeliOptions = {}): Promise<string> {
  try {
    await Fastify().register(nefeli, { container: new Container(), controllers: [controller], ...options });
  } catch (error) {
    return String(error);
  }
  return 'started';
}

@Namespace('chat')
class Chat {
  onNamespaceConnected() {}
  onChat() {}

  @On('any name')
  onTotal() {}

  @On('one')
  @On('two')
  many() {}

  @On('_OnRoomJoined')
  onJoin() {}

  helper() {}
}

const RIGHT = { onTotal: 'any name', onJoin: [] };

/** The same controller, with these `eventNames`. */
const saying = (eventNames: unknown): Controller =>
  class Talk extends Chat {
    static readonly eventNames: unknown = eventNames;
  };

describe('the static eventNames of a controller', () => {
  it.each([
    ['nothing', undefined],
    ['what is no object', 'any name'],
    ['null', null],
    ['a function', () => {}],
  ])('says nothing, and is not checked, where it is %s', async (_, eventNames) => {
    expect(await starting(saying(eventNames))).toBe('started');
  });

  it.each([
    ['each method that has another name', RIGHT],
    ['one name of several', { ...RIGHT, many: 'two' }],
    ['all names of several', { ...RIGHT, many: ['one', 'two'] }],
    ['another spelling that is served, too', { ...RIGHT, onChat: 'OnChat' }],
    ['that a method is not for typed clients', { ...RIGHT, onChat: [], helper: [] }],
  ])('may say %s', async (_, eventNames) => {
    expect(await starting(saying(eventNames))).toBe('started');
  });

  it.each([
    [
      'another name than @On',
      { ...RIGHT, onTotal: 'total' },
      'clients take onTotal for "total", but it hears "any name". Write there onTotal: ["any name"].',
    ],
    [
      'another name than that of the method',
      { ...RIGHT, onChat: 'talk' },
      'clients take onChat for "talk", but it hears "chat". Write there onChat: ["chat"].',
    ],
    [
      'one name too many',
      { ...RIGHT, many: ['one', 'three'] },
      'clients take many for "one", "three", but it hears "two", "one". Write there many: ["two", "one"].',
    ],
    [
      'a name of a method that hears none',
      { ...RIGHT, helper: 'help' },
      'clients take helper for "help", but it hears no event. Write there helper: [], or name the event with @On.',
    ],
    [
      'a name of a method that is not there',
      { ...RIGHT, onLeft: 'left' },
      'clients take onLeft for "left", but it hears no event. Write there onLeft: [], or name the event with @On.',
    ],
    [
      'a name of a lifecycle event',
      { ...RIGHT, onNamespaceConnected: 'connected' },
      'clients take onNamespaceConnected for "connected", but it hears no event.',
    ],
    [
      'nothing of a method that @On renames',
      { onJoin: [] },
      'clients take onTotal for "total", but it hears "any name". Write there onTotal: ["any name"].',
    ],
    [
      'nothing of a method that hears a lifecycle event by @On',
      { onTotal: 'any name' },
      'clients take onJoin for "join", but it hears no event. Write there onJoin: [], or name the event with @On.',
    ],
  ])('is refused at start where it says %s', async (_, eventNames, text) => {
    expect(await starting(saying(eventNames))).toContain(`EVENT_NAMES_WRONG: by the eventNames of Talk ${text}`);
  });

  it.each([5, { name: 'chat' }, ['chat', 5], undefined])('is refused at start where a name is %j', async (name) => {
    expect(await starting(saying({ ...RIGHT, onChat: name }))).toMatch(
      /OPTION_INVALID: the option eventNames\.onChat of Talk is .*, but must be the name of an event, or a list of names/,
    );
  });

  it('is held to the matcher that the controller is served with', async () => {
    class Exact {
      static readonly namespace = 'chat';
      static readonly eventNames = { say: 'say', onChat: 'onChat' } as const;
      onChat() {}
      say() {}
    }

    expect(await starting(Exact)).toMatch(/EVENT_NAMES_WRONG.*clients take say for "say", but it hears no event/);
    expect(await starting(Exact, { eventMatcher: eventMatchers.exact })).toBe('started');
    const Plain = class extends Exact {
      static override readonly eventNames = { say: 'say', onChat: 'chat' } as never;
    };
    expect(await starting({ controller: Plain, namespace: 'chat', eventMatcher: eventMatchers.exact })).toMatch(
      /EVENT_NAMES_WRONG.*clients take onChat for "chat", but it hears "onChat"\. Write there onChat: \["onChat"\]/,
    );
  });

  it('is that of a base where the class has none of its own, and held to the methods of both', async () => {
    class Base extends Chat {
      static readonly eventNames: object = RIGHT;
    }
    class Sub extends Base {
      @On('renamed')
      onMore() {}
    }

    expect(await starting(Base)).toBe('started');
    expect(await starting({ controller: Sub, namespace: 'chat' })).toContain(
      'EVENT_NAMES_WRONG: by the eventNames of Sub clients take onMore for "more", but it hears "renamed".',
    );
  });

  it('has to say of a method that the container calls that it is no event', async () => {
    const opened = (eventNames: object): Controller => {
      class Opened {
        static readonly namespace = 'chat';
        static readonly eventNames = eventNames;
        @postConstruct()
        onReady() {}
        onChat() {}
      }
      return Opened;
    };

    expect(await starting(opened({}))).toContain('clients take onReady for "ready", but it hears no event');
    expect(await starting(opened({ onReady: [] }))).toBe('started');
  });
});
