import Fastify from 'fastify';
import { Container, inject, injectable } from 'inversify';
import { Conn, Namespace, NSConn, nefeli } from 'nefeli';
import { describe, expect, it } from 'vitest';
import { ContainerResolver } from '../../src/inversify/container-resolver.js';
import { RawClient, startApp, startNefeli } from '../support/start-app.js';

class Log {
  readonly lines: string[] = [];
}

describe('ContainerResolver', () => {
  it('injects by constructor and by property, from the bindings of the user', async () => {
    @Namespace('default')
    class Chat {
      @inject(Log) private readonly log!: Log;
      constructor(@inject(NSConn) private readonly ns: NSConn) {}
      onChat() {
        this.log.lines.push(this.ns.namespace);
        return this.log.lines.length;
      }
    }
    const container = new Container();
    const log = new Log();
    container.bind(Log).toConstantValue(log);
    const client = await RawClient.join(await startNefeli({ container, controllers: [Chat] }), 'default');
    client.send('$1;default;;chat;0;0;');
    expect(await client.next()).toBe('$1;default;;chat;0;0;1');
    expect(log.lines).toEqual(['default']);
  });

  it('makes a controller anew where only a service of it needs the connection', async () => {
    @injectable()
    class Whoami {
      constructor(@inject(Conn) readonly conn: Conn) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Whoami) private readonly whoami: Whoami) {}
      onWho() {
        return this.whoami.conn.id;
      }
    }
    const container = new Container();
    container.bind(Whoami).toSelf();
    const ids = ['id1', 'id2'];
    const app = await startNefeli({ container, controllers: [Chat], idGenerator: () => ids.shift() ?? '' });
    for (const id of ['id1', 'id2']) {
      const client = await RawClient.join(app, 'default');
      client.send('$1;default;;who;0;0;');
      expect(await client.next()).toBe(`$1;default;;who;0;0;${id}`);
    }
  });

  it('constructs nothing at start that a connection is needed for', async () => {
    let made = 0;
    @injectable()
    class Expensive {
      constructor() {
        made += 1;
      }
    }
    @Namespace('default')
    class Chat {
      constructor(
        @inject(Expensive) readonly expensive: Expensive,
        @inject(NSConn) readonly ns: NSConn,
      ) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Expensive).toSelf();
    expect((await ContainerResolver.of(container).provide(Chat)).kind).toBe('dynamic');
    expect(made).toBe(0);
  });

  it('refuses a singleton that would keep the first connection, with the way to it', async () => {
    @injectable()
    class Lobby {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
    }
    @Namespace('default')
    class Chat {
      constructor(@inject(Lobby) readonly lobby: Lobby) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Lobby).toSelf().inSingletonScope();
    await expect(Fastify().register(nefeli, { container, controllers: [Chat] })).rejects.toThrow(
      /CAPTIVE_CONNECTION: .*Chat > Lobby \(singleton\) > NSConn/,
    );
  });

  it('refuses a controller that the user has bound as a singleton although it needs its connection', async () => {
    @Namespace('default')
    @injectable()
    class Chat {
      constructor(@inject(NSConn) readonly ns: NSConn) {}
      onChat() {}
    }
    const container = new Container();
    container.bind(Chat).toSelf().inSingletonScope();
    await expect(Fastify().register(nefeli, { container, controllers: [Chat] })).rejects.toThrow(
      /CAPTIVE_CONNECTION: .*Chat \(singleton\) > NSConn/,
    );
  });

  it('makes controllers anew in a container whose default scope is singleton', async () => {
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) private readonly ns: NSConn) {}
      onWho() {
        return this.ns.conn.id;
      }
    }
    const container = new Container({ defaultScope: 'Singleton' });
    const ids = ['id1', 'id2'];
    const app = await startNefeli({ container, controllers: [Chat], idGenerator: () => ids.shift() ?? '' });
    for (const id of ['id1', 'id2']) {
      const client = await RawClient.join(app, 'default');
      client.send('$1;default;;who;0;0;');
      expect(await client.next()).toBe(`$1;default;;who;0;0;${id}`);
    }
  });

  it('passes on the error of a constructor as it is', async () => {
    @Namespace('default')
    class Chat {
      constructor() {
        throw new RangeError('no file');
      }
      onChat() {}
    }
    await expect(Fastify().register(nefeli, { container: new Container(), controllers: [Chat] })).rejects.toThrow(
      /^no file$/,
    );
  });

  it('says so when something of a connection is asked for outside of one', () => {
    const container = new Container();
    ContainerResolver.of(container);
    expect(() => container.get(NSConn)).toThrow(/OUTSIDE_CONNECTION: NSConn was asked for outside/);
    expect(() => container.get(Conn)).toThrow(/OUTSIDE_CONNECTION: Conn was asked for outside/);
  });

  it('serves two mounts of one container', async () => {
    @Namespace('default')
    class Chat {
      constructor(@inject(NSConn) private readonly ns: NSConn) {}
      onWho() {
        return this.ns.conn.id;
      }
    }
    const container = new Container();
    const app = await startApp(async (app) => {
      await app.register(nefeli, { path: '/a', container, controllers: [Chat], idGenerator: () => 'of a' });
      await app.register(nefeli, { path: '/b', name: 'b', container, controllers: [Chat], idGenerator: () => 'of b' });
    });
    for (const name of ['a', 'b']) {
      const client = await RawClient.join(app, 'default', { path: `/${name}` });
      client.send('$1;default;;who;0;0;');
      expect(await client.next()).toBe(`$1;default;;who;0;0;of ${name}`);
    }
  });

  it('takes a controller with @injectable() on either side of @Namespace', async () => {
    @injectable()
    @Namespace('one')
    class One {
      constructor(@inject(NSConn) private readonly ns: NSConn) {}
      onWhere() {
        return this.ns.namespace;
      }
    }
    @Namespace('two')
    @injectable()
    class Two extends Object {
      constructor(@inject(NSConn) private readonly ns: NSConn) {
        super();
      }
      onWhere() {
        return this.ns.namespace;
      }
    }
    const app = await startNefeli({ container: new Container(), controllers: [One, Two] });
    for (const name of ['one', 'two']) {
      const client = await RawClient.join(app, name);
      client.send(`$1;${name};;where;0;0;`);
      expect(await client.next()).toBe(`$1;${name};;where;0;0;${name}`);
    }
  });
});
