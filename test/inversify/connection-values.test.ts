import Fastify from 'fastify';
import { Container, inject, injectable } from 'inversify';
import {
  Conn,
  CurrentSession,
  CurrentUser,
  Logger,
  Namespace,
  type NefeliOptions,
  NSConn,
  nefeli,
  Request,
} from 'nefeli';
import { describe, expect, it } from 'vitest';
import { Conn as PortConn } from '../../src/ports/conn.js';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';

/** A session as a plugin would make it. */
async function startWithSession(controllers: NonNullable<NefeliOptions['controllers']>) {
  return await startApp(async (app) => {
    app.decorateRequest('session', null);
    app.addHook('onRequest', async (request) => void Object.assign(request, { session: { name: 'ada' } }));
    await app.register(nefeli, {
      path: '/ws',
      container: new Container(),
      controllers,
      user: () => 'ada',
    });
  });
}

const answer = async (app: Awaited<ReturnType<typeof startNefeli>>, event: string): Promise<string> => {
  const client = await RawClient.join(app, 'default');
  client.send(`$1;default;;${event};0;0;`);
  return String(await client.next()).replace(/^.*;0;0;/, '');
};

describe('what a connection has', () => {
  it('is injected into constructors and properties by its token', async () => {
    @Namespace('default')
    class Chat {
      @inject(CurrentSession) readonly session!: { readonly name: string };
      constructor(
        @inject(Request) readonly request: Request,
        @inject(CurrentUser) readonly user: string,
        @inject(Logger) readonly log: Logger,
        @inject(Conn) readonly conn: Conn,
        @inject(NSConn) readonly ns: NSConn,
      ) {}
      onSame() {
        const { conn } = this.ns;
        return [
          this.conn === conn,
          this.request === conn.request,
          this.request.url,
          this.user,
          this.log === conn.log,
          this.session,
        ];
      }
    }

    expect(await answer(await startWithSession([Chat]), 'same')).toBe('[true,true,"/ws","ada",true,{"name":"ada"}]');
  });

  it('is injected by the types that the compiler emits, too', async () => {
    @Namespace('default')
    class Chat {
      constructor(
        readonly conn: Conn,
        readonly request: Request,
        readonly log: Logger,
        readonly ns: NSConn,
      ) {}
      onSame() {
        const { conn } = this.ns;
        return [this.conn === conn, this.request === conn.request, this.log === conn.log];
      }
    }

    expect(await answer(await startNefeli({ container: new Container(), controllers: [Chat] }), 'same')).toBe(
      '[true,true,true]',
    );
  });

  it('makes a controller one for each connection, also where only a service of it needs it', async () => {
    @injectable()
    class Audit {
      constructor(@inject(Request) readonly request: Request) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Audit) readonly audit: Audit) {}
      onWho() {
        return this.audit.request.headers['x-name'];
      }
    }
    const container = new Container();
    container.bind(Audit).toSelf();
    const app = await startNefeli({ container, controllers: [Chat] });
    for (const name of ['ada', 'bob']) {
      const client = await RawClient.join(app, 'default', { headers: { 'x-name': name } });
      client.send('$1;default;;who;0;0;');
      expect(await client.next()).toBe(`$1;default;;who;0;0;${name}`);
    }
  });

  it.each([
    ['Conn', Conn],
    ['Request', Request],
    ['CurrentUser', CurrentUser],
    ['CurrentSession', CurrentSession],
    ['Logger', Logger],
  ])('is refused in a singleton, and outside of a connection: %s', async (name, token) => {
    @injectable()
    class Lobby {
      constructor(@inject(token) readonly value: unknown) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Lobby) readonly lobby: Lobby) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Lobby).toSelf().inSingletonScope();

    await expect(Fastify().register(nefeli, { container, controllers: [Chat] })).rejects.toThrow(
      new RegExp(`CAPTIVE_CONNECTION: .*Chat > Lobby \\(singleton\\) > ${name}\\.`),
    );
    expect(() => container.get(token)).toThrow(new RegExp(`OUTSIDE_CONNECTION: ${name} was asked for outside`));
  });

  it('may be nobody, for CurrentUser, and is what a test has bound instead', async () => {
    @Namespace('default')
    class Chat {
      constructor(
        @inject(CurrentUser) readonly user: unknown,
        @inject(Logger) readonly log: unknown,
      ) {}
      onWho() {
        return [this.user === undefined, this.log];
      }
    }
    const container = new Container();
    container.bind<unknown>(Logger).toConstantValue('a log of its own');

    expect(await answer(await startNefeli({ container, controllers: [Chat] }), 'who')).toBe(
      '[true,"a log of its own"]',
    );
  });

  it('refuses the namespace with SESSION_MISSING where the request has no session', async () => {
    @Namespace('default')
    class Chat {
      constructor(@inject(CurrentSession) readonly session: unknown) {}
      onChat() {}
    }
    const errors: unknown[] = [];
    const app = await startNefeli({
      container: new Container(),
      controllers: [Chat],
      onError: (error) => void errors.push(error),
    });
    const client = await RawClient.open(app);
    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;');
    await client.next();

    expect(await client.next()).toMatch(/^\$1;default;;_OnNamespaceConnect;1;0;internal error /);
    expect(errors.map(String)).toEqual([expect.stringMatching(/SESSION_MISSING: .* Register a session plugin/)]);
  });
});

describe('Conn', () => {
  it('is still the class of connections', () => {
    const conn: unknown = Object.create(PortConn.prototype);

    expect(conn).toBeInstanceOf(Conn);
    expect({}).not.toBeInstanceOf(Conn);
    expect(Conn.prototype).toBe(PortConn.prototype);
    expect(Conn.name).toBe('Conn');
  });
});
