import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { Container, inject, injectable } from 'inversify';
import {
  Body,
  type ErrorCode,
  type Message,
  Msg,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  On,
  registerPerConnection,
  registerPerMessage,
  Use,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { readTables } from './markdown.js';

type Controllers = NonNullable<NefeliOptions['controllers']>;

/** What an app refuses to start with. */
async function refusalOf(options: NefeliOptions): Promise<string> {
  try {
    await Fastify().register(nefeli, { container: new Container(), ...options });
    return 'not refused';
  } catch (error) {
    return String(error);
  }
}

const serving = (...controllers: Controllers): Promise<string> => refusalOf({ controllers });

/** A class that needs a service, and the container that it is bound in. */
function needing(token: new (...args: never[]) => object, bind: (container: Container) => unknown): NefeliOptions {
  @Namespace('chat')
  class Chat {
    constructor(@inject(token) readonly service: object) {}
    onChat() {}
  }
  const container = new Container();
  bind(container);
  return { container, controllers: [Chat] };
}

@Namespace('chat')
class Chat {
  onChat() {}
}

@injectable()
class Service {
  constructor(@inject(NSConn) readonly ns: NSConn) {}
}

class Missing {}

/** One mistake, or several, of each kind, by the code that they are refused with. */
const MISTAKES: Partial<Record<ErrorCode, () => Promise<string>[]>> = {
  EVENT_DUPLICATE: () => {
    @Namespace('chat')
    class Twice {
      @On('OnChat')
      again() {}
    }
    return [
      serving(Chat, Twice),
      refusalOf({ controllers: [Chat], namespaces: { chat: { chat() {} } } }),
      refusalOf({ controllers: [Chat], namespaces: { chat: { onChat() {} } } }),
    ];
  },
  NAMESPACE_CONFLICT: () => [
    refusalOf({ controllers: [{ controller: Chat, concurrency: 2 }], namespaceOptions: { chat: { concurrency: 3 } } }),
  ],
  EVENT_NAMES_WRONG: () => {
    class Renamed extends Chat {
      static readonly eventNames = { onChat: 'talk' };
    }
    return [serving(Renamed)];
  },
  LIFECYCLE_MISSPELT: () => {
    @Namespace('chat')
    class Misspelt {
      onNamespaceConected() {}
    }
    return [serving(Misspelt), refusalOf({ namespaces: { chat: { onRoomJoind() {} } } })];
  },
  HANDLER_NOT_METHOD: () => {
    @Namespace('chat')
    class Arrow {
      onChat = () => {};
      onOther() {}
    }
    return [serving(Arrow)];
  },
  HANDLER_NOT_FUNCTION: () => [refusalOf({ namespaces: { chat: { chat: 'text' } } as never })],
  HANDLER_PARAMETER: () => {
    @Namespace('chat')
    class Third {
      onChat(_: Message, __: NSConn, ___: string) {}
    }
    @Namespace('chat')
    class Twice {
      onChat(@Body() @Msg() _: unknown) {}
    }
    return [serving(Third), serving(Twice)];
  },
  PARAMETER_MISPLACED: () => {
    const decorate = Body() as (target: object, member: string | undefined, index?: number) => void; // where the compiler refuses it
    const onConstructor = () => decorate(Chat, undefined, 0);
    const onProperty = () => decorate(Chat.prototype, 'field');
    const onStaticMethod = () => decorate(Chat, 'create', 0);
    return [onConstructor, onProperty, onStaticMethod].map((misplace) =>
      Promise.resolve()
        .then(misplace)
        .then(() => 'not refused', String),
    );
  },
  DECORATORS_STANDARD: () => {
    const decorate = Use() as unknown as (target: object, context: object) => void; // what a compiler of standard decorators calls
    return [
      Promise.resolve()
        .then(() => decorate(Chat, { kind: 'class', name: 'Chat' }))
        .then(() => 'not refused', String),
    ];
  },
  NATIVE_MISPLACED: () => {
    @Namespace('chat')
    class Raw {
      onNativeMessage() {}
    }
    return [serving(Raw)];
  },
  CONTROLLER_NOT_DECORATED: () => {
    class Nowhere {
      onChat() {}
    }
    return [serving(Nowhere)];
  },
  CONTROLLER_DUPLICATE: () => [serving(Chat, Chat), serving(Chat, { controller: Chat, namespace: 'chat' })],
  CONTROLLER_WITHOUT_EVENTS: () => {
    @Namespace('chat')
    class Silent {
      chat() {}
    }
    return [serving(Silent)];
  },
  CONTROLLERS_NEED_CONTAINER: () => {
    class Guard {
      use() {}
    }
    const none = { container: undefined } as object;
    return [
      refusalOf({ ...none, controllers: [Chat] }),
      refusalOf({ ...none, namespaces: { chat: { chat() {} } }, use: [Guard] }),
    ];
  },
  NOTHING_SERVED: () => [refusalOf({})],
  NAMESPACE_UNKNOWN: () => [refusalOf({ controllers: [Chat], namespaceOptions: { chta: { concurrency: 1 } } })],
  OPTION_INVALID: () => [
    refusalOf({ controllers: [Chat], namespaceOption: {} } as NefeliOptions),
    refusalOf({ controllers: [{ controller: Chat, concurrency: 0 }] }),
  ],
  SERVICE_UNBOUND: () => {
    const circle = (container: Container) => {
      container.bind('a').toResolvedValue((b) => b, ['b']);
      container.bind('b').toResolvedValue((a) => a, ['a']);
      container.bind(Missing).toResolvedValue((a) => a as Missing, ['a']);
    };
    const twice = (container: Container) => {
      container.bind(Missing).toSelf();
      container.bind(Missing).toSelf();
    };
    return [needing(Missing, () => {}), needing(Missing, twice), needing(Missing, circle)].map(refusalOf);
  },
  METADATA_MISSING: () => {
    class Unknown {
      // As a compiler without metadata leaves it.
      constructor(readonly missing: unknown) {}
      onChat() {}
    }
    return [serving({ controller: Unknown, namespace: 'chat' })];
  },
  SERVICE_ASYNC: () => {
    const bind = (container: Container) => {
      container.bind('later').toDynamicValue(async () => 1);
      container.bind(Missing).toDynamicValue(({ get }) => get<Missing>('later'));
    };
    return [refusalOf(needing(Missing, bind))];
  },
  CAPTIVE_CONNECTION: () => {
    const shown = needing(Service, (container) => container.bind(Service).toSelf().inSingletonScope());
    const hidden = needing(Service, (container) =>
      container
        .bind(Service)
        .toDynamicValue((context) => new Service(context.get(NSConn)))
        .inSingletonScope(),
    );
    class Guard {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      use() {}
    }
    return [refusalOf(shown), refusalOf(hidden), refusalOf({ controllers: [Chat], use: [Guard] })];
  },
  CAPTIVE_SERVICE: () =>
    [
      needing(Service, (container) => registerPerConnection(container, Service)),
      needing(Service, (container) => registerPerMessage(container, Service)),
    ].map(refusalOf),
  INJECTION_NOT_INHERITED: () => {
    class Base {
      @inject(NSConn) readonly ns!: NSConn;
    }
    @Namespace('chat')
    class Derived extends Base {
      onChat() {}
    }
    return [serving(Derived)];
  },
};

/** What is told when it happens, because the app has started already. */
async function lateBinding(): Promise<string> {
  const lines: string[] = [];
  const app = Fastify({ logger: { level: 'warn', stream: { write: (line: string) => void lines.push(line) } } });
  const options = needing(Missing, (container) => container.bind(Missing).toSelf());
  await app.register(nefeli, options);
  options.container?.bind(Missing).toSelf();
  return lines.join();
}

const [table] = readTables(readFileSync('docs/controllers.md', 'utf8')).filter(
  ({ header }) => header[0] === 'what is wrong',
);
const codes = (table?.rows ?? []).map(([, code = '']) => code.replaceAll('`', ''));

describe('what docs/controllers.md says to be refused at start', () => {
  it('is each provoked below, and nothing else is', () => {
    expect([...Object.keys(MISTAKES), 'BINDING_LATE'].toSorted()).toEqual(codes.toSorted());
  });

  it.each(Object.entries(MISTAKES))('is refused: %s', async (code, provoke) => {
    const refusals = await Promise.all(provoke());

    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toContain(`WsError: ${code}: `);
  });

  it('is logged where it is too late to refuse: BINDING_LATE', async () => {
    expect(await lateBinding()).toContain('BINDING_LATE: Missing was bound after nefeli was registered');
  });
});
