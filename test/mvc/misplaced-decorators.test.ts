import Fastify from 'fastify';
import { Container } from 'inversify';
import { type Message, Namespace, type NefeliOptions, nefeli, On, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

type Controller = NonNullable<NefeliOptions['controllers']>[number];

/** What is said when the class is loaded, or else when it is registered. */
async function refusalOf(load: () => Controller): Promise<string> {
  try {
    await Fastify().register(nefeli, { container: new Container(), controllers: [load()] });
  } catch (error) {
    return (error as Error).message; // a WsError
  }
  return 'no error';
}

/** As runners see it that compile file by file: nobody has checked where it stands, or what it is given. */
const On_ = On as (...args: unknown[]) => (target: object, member?: string | symbol) => void;
const Use_ = Use as (...args: unknown[]) => (target: object, member?: string | symbol) => void;
const guard = () => 'guarded';

const noMethod = (decorator: string, member: string): string =>
  `HANDLER_NOT_METHOD: ${decorator} stands on Chat.${member}, which is no method of an object, so it would never be called. ` +
  'Write it as a method: not static, not a getter, not a function in a property, and not under a symbol.';

const SYMBOL = Symbol('hear');

describe('@On and @Use where nothing would be called by them', () => {
  it.each<[string, string, () => Controller]>([
    [
      'a static method',
      noMethod("@On('chat')", 'hear'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @On('chat') static hear() {}
        }
        return Chat;
      },
    ],
    [
      'a static method that is to be guarded',
      noMethod('@Use(…)', 'hear'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @Use(guard) static hear() {}
        }
        return Chat;
      },
    ],
    [
      'the class',
      noMethod("@On('chat')", 'constructor'),
      () => {
        @On_('chat')
        @Namespace('default')
        class Chat {
          onOther() {}
        }
        return Chat;
      },
    ],
    [
      'a function in a property',
      noMethod("@On('chat')", 'hear'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @On_('chat') hear = () => {};
        }
        return Chat;
      },
    ],
    [
      'a property that is to be guarded',
      noMethod('@Use(…)', 'hear'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @Use(guard) hear = () => {};
        }
        return Chat;
      },
    ],
    [
      'a getter',
      noMethod("@On('chat')", 'hear'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @On('chat') get hear() {
            return () => {};
          }
        }
        return Chat;
      },
    ],
    [
      'a method under a symbol',
      noMethod("@On('chat')", 'Symbol(hear)'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @On_('chat') [SYMBOL]() {}
        }
        return Chat;
      },
    ],
    [
      'a method under a symbol that is to be guarded',
      noMethod('@Use(…)', 'Symbol(hear)'),
      () => {
        @Namespace('default')
        class Chat {
          onOther() {}
          @Use_(guard) [SYMBOL]() {}
        }
        return Chat;
      },
    ],
    [
      'a method that a decorator above has made a getter of',
      noMethod("@On('chat')", 'hear'),
      () => {
        const bound = (_: object, __: string, { value }: PropertyDescriptor): PropertyDescriptor => ({
          get: () => value,
        });
        @Namespace('default')
        class Chat {
          onOther() {}
          @bound @On('chat') hear() {}
        }
        return Chat;
      },
    ],
    [
      'a property of a base',
      noMethod("@On('chat')", 'hear'),
      () => {
        class Base {
          @On_('chat') hear = () => {};
        }
        @Namespace('default')
        class Chat extends Base {
          onOther() {}
        }
        return Chat;
      },
    ],
  ])('is refused: %s', async (_, message, load) => {
    expect(await refusalOf(load)).toBe(message);
  });

  it('marks no class but its own', async () => {
    const before = Reflect.ownKeys(Function);
    await refusalOf(() => {
      class Chat {
        onOther() {}
        @On('chat') static hear() {}
      }
      return Chat;
    });
    expect(Reflect.ownKeys(Function)).toEqual(before);
  });
});

describe('a decorator that is given what it cannot work with', () => {
  const onHear = (...args: unknown[]) =>
    refusalOf(() => {
      @Namespace('default')
      class Chat {
        @On_(...args) hear(_: Message) {}
      }
      return Chat;
    });

  it.each<[string, unknown[], string]>([
    ['no name', [undefined], "event of @On(…) is undefined, but must be a text in parentheses: @On('chat')."],
    [
      'the schema where the schemas belong',
      ['chat', z.string()],
      "schemas of @On('chat') is an instance of ZodString, but must be an object with body, reply and as: { body: the schema }.",
    ],
    [
      'a text for the schemas',
      ['chat', 'text'],
      `schemas of @On('chat') is "text", but must be an object with body, reply and as: { body: the schema }.`,
    ],
    [
      'a schema under a name that nobody reads',
      ['chat', { schema: z.string() }],
      "schema of @On('chat') is an instance of ZodString, but must be left out, or one of those there are: body, reply, as.",
    ],
    [
      'a JSON schema',
      ['chat', { body: { type: 'string' } }],
      "body of @On('chat') is an object, but must be a Standard Schema, as those of zod are.",
    ],
    [
      'null for a schema',
      ['chat', { reply: null }],
      "reply of @On('chat') is null, but must be a Standard Schema, as those of zod are.",
    ],
    [
      'a reading that there is not',
      ['chat', { body: z.string(), as: 'string' }],
      `as of @On('chat') is "string", but must be 'json', 'text' or 'bytes'.`,
    ],
  ])('is refused, and no body goes unchecked: @On with %s', async (_, args, message) => {
    expect(await onHear(...args)).toBe(`OPTION_INVALID: the option ${message}`);
  });

  it('may leave a schema out by undefined', async () => {
    expect(await onHear('chat', undefined)).toBe('no error');
    expect(await onHear('chat', { body: undefined, reply: z.string() })).toBe('no error');
  });
});
