import Fastify from 'fastify';
import { Container, inject, injectable, named, postConstruct } from 'inversify';
import { type Middleware, Namespace, nefeli, Service, Use } from 'nefeli';
import { describe, expect, it } from 'vitest';

class Logger {}

class Mailer {
  constructor(@inject(Logger) readonly logger: Logger) {}
}

@Namespace('default')
class Chat {
  constructor(@inject(Mailer) readonly mailer: Mailer) {}
  onChat() {}
}

/** What `nefeli` refuses at start with. */
async function refusalOf(container: Container, controller: new (...args: never[]) => object): Promise<Error> {
  const controllers = [controller as new () => object]; // what it is made with is the container's business
  return await Fastify()
    .register(nefeli, { container, controllers })
    .then(
      () => new Error('not refused'),
      (error: Error) => error,
    );
}

/** A class as esbuild and tsx compile it, which emit no metadata. */
const withoutMetadata = (): (new (logger: unknown) => object) =>
  class Bare {
    readonly logger: unknown;
    constructor(logger: unknown) {
      this.logger = logger;
    }
    onChat(): void {}
  };

describe('a controller that cannot be made is refused at start', () => {
  it('with SERVICE_UNBOUND where a circle of imports has left undefined to be injected, in a constructor or a handler', async () => {
    const unloaded = undefined as never;
    @Namespace('default')
    class Made {
      constructor(@inject(unloaded) readonly mailer: Mailer) {}
      onChat() {}
    }
    @Namespace('default')
    class Handler {
      onChat(@Service(unloaded) _: Mailer) {}
    }
    const reason =
      'something is to be injected by undefined, which is what an import in a circle gives while the modules are loaded. ' +
      'Take the circle apart, or write @inject(new LazyServiceIdentifier(() => TheClass)). Bind every service once, before nefeli is registered.';

    expect((await refusalOf(new Container(), Made)).message).toBe(`SERVICE_UNBOUND: Made cannot be made: ${reason}`);
    expect((await refusalOf(new Container(), Handler)).message).toBe(
      `SERVICE_UNBOUND: Handler.onChat cannot be made: ${reason}`,
    );
  });

  it('with SERVICE_UNBOUND in one line: what is not bound, and who needs it', async () => {
    const container = new Container();
    container.bind(Mailer).toSelf();

    expect((await refusalOf(container, Chat)).message).toBe(
      'SERVICE_UNBOUND: Chat cannot be made: no binding for Logger, needed by Mailer. ' +
        'Bind every service once, before nefeli is registered.',
    );
  });

  it('with the error of inversify as the cause', async () => {
    const { cause } = await refusalOf(new Container(), Chat);

    expect((cause as Error).message).toContain('Trying to resolve bindings for "Chat"');
  });

  it('with the name of a binding that only others have', async () => {
    @Namespace('default')
    class Named {
      constructor(@inject(Logger) @named('file') readonly logger: Logger) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Logger).toSelf().whenNamed('console');

    expect((await refusalOf(container, Named)).message).toContain(
      'SERVICE_UNBOUND: Named cannot be made: no binding for Logger named "file", needed by Named. Bind',
    );
  });

  it('with SERVICE_UNBOUND for a service that is bound twice', async () => {
    const container = new Container();
    container.bind(Mailer).toConstantValue(new Mailer(new Logger()));
    container.bind(Mailer).toConstantValue(new Mailer(new Logger()));

    expect((await refusalOf(container, Chat)).message).toContain(
      'SERVICE_UNBOUND: Chat cannot be made: more than one binding for Mailer, needed by Chat. Bind every service once',
    );
  });

  it('with SERVICE_UNBOUND for what a binding asks the container for', async () => {
    const container = new Container();
    container.bind(Mailer).toDynamicValue((context) => new Mailer(context.get<Logger>('logger')));

    expect((await refusalOf(container, Chat)).message).toContain('Chat cannot be made: no binding for logger. Bind');
  });

  it('with the way of a circle', async () => {
    const EGG = Symbol('egg');
    @injectable()
    class Hen {
      constructor(@inject(EGG) readonly egg: object) {}
    }
    @Namespace('default')
    class Farm {
      constructor(@inject(Hen) readonly hen: Hen) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Hen).toSelf();
    container.bind(EGG).to(Hen);

    expect((await refusalOf(container, Farm)).message).toMatch(
      /^SERVICE_UNBOUND: Farm cannot be made: a circle of services: Farm > Hen > Symbol\(egg\)[^\n]*\. Bind/,
    );
  });

  it('with METADATA_MISSING for a parameter without @inject in code without metadata: why, and what to do', async () => {
    const Bare = withoutMetadata();
    Namespace('default')(Bare);

    expect((await refusalOf(new Container(), Bare)).message).toBe(
      'METADATA_MISSING: Bare cannot be made: the parameter 1 of the constructor of Bare has neither @inject nor metadata of ' +
        'a class. The type is an interface, or its class is imported with `import type`, or the code is compiled by esbuild or ' +
        'tsx, which emit no metadata. Import the class by value, and write @inject(…) on every parameter.',
    );
  });

  it('with METADATA_MISSING for some of several parameters: which ones', async () => {
    @Namespace('default')
    class Half {
      constructor(
        readonly what: unknown, // emitted as Object, as for an interface or `import type`
        @inject(Logger) readonly logger: Logger,
        readonly more: unknown,
        @inject(Logger) readonly other: Logger,
      ) {}
      onChat() {}
    }
    @Namespace('default')
    class Ends {
      constructor(
        @inject(Logger) readonly logger: Logger,
        readonly what: unknown,
        readonly more: unknown,
      ) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Logger).toSelf();

    expect((await refusalOf(container, Half)).message).toContain(
      'METADATA_MISSING: Half cannot be made: the parameters 1, 3 of the constructor of Half have neither',
    );
    expect((await refusalOf(container, Ends)).message).toContain('the parameters 2, 3 of the constructor of Ends have');
  });

  it('with METADATA_MISSING that names the service whose parameter it is', async () => {
    const Bare = withoutMetadata();
    injectable()(Bare);
    @Namespace('default')
    class Outer {
      constructor(@inject(Bare) readonly bare: object) {}
      onChat() {}
    }

    expect((await refusalOf(new Container({ autobind: true }), Outer)).message).toContain(
      'METADATA_MISSING: Outer cannot be made: the parameter 1 of the constructor of Bare has neither',
    );
  });

  it('with SERVICE_ASYNC for a binding that asks the container for an asynchronous one by get()', async () => {
    const container = new Container();
    const LATER = Symbol('Later');
    container.bind(LATER).toDynamicValue(async () => new Logger());
    container.bind(Mailer).toDynamicValue((context) => new Mailer(context.get<Logger>(LATER)));

    expect((await refusalOf(container, Chat)).message).toBe(
      'SERVICE_ASYNC: Chat cannot be made: something in it asks the container by get(…) for a service with an asynchronous ' +
        'binding. Ask by getAsync(…), or let it be injected: then it is waited for.',
    );
  });

  it('whatever a bundler calls the classes of inversify', async () => {
    const renamed = Object.assign(new (class a extends Error {})('No bindings found for service: "Logger".'), {
      [Symbol.for('@inversifyjs/core/InversifyCoreError')]: true,
    });
    const container = new Container();
    container.bind(Mailer).toDynamicValue(() => {
      throw renamed;
    });

    expect((await refusalOf(container, Chat)).message).toContain(
      'SERVICE_UNBOUND: Chat cannot be made: no binding for',
    );
  });

  it('with its own error when a @postConstruct fails', async () => {
    @Namespace('default')
    class Failing {
      @postConstruct()
      init() {
        throw new RangeError('no file');
      }
      onChat() {}
    }

    const { message, cause } = await refusalOf(new Container(), Failing);

    expect(message).toMatch(/^Unexpected error found when calling "init"/);
    expect(cause).toEqual(new RangeError('no file'));
  });
});

describe('middleware that cannot be made', () => {
  it('is refused at start with SERVICE_UNBOUND', async () => {
    class Guard {
      constructor(@inject(Logger) readonly logger: Logger) {}
      use(...[, next]: Parameters<Middleware>) {
        return next();
      }
    }
    @Use(Guard)
    @Namespace('default')
    class Guarded {
      onChat() {}
    }

    expect((await refusalOf(new Container(), Guarded)).message).toContain(
      'SERVICE_UNBOUND: Guard cannot be made: no binding for Logger, needed by Guard. Bind',
    );
  });
});
