import Fastify, { type FastifyInstance } from 'fastify';
import { Container, inject, injectable, named } from 'inversify';
import { Broadcaster, type Message, Namespace, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { portOf } from '../support/port-of.js';
import { RawClient, startNefeli } from '../support/start-app.js';

interface Events {
  default: { chat: string; sum: number[] };
  news: { headline: { title: string } };
}

@injectable()
class News {
  constructor(@inject(Broadcaster) private readonly broadcaster: Broadcaster<Events>) {}
  publish(text: string): void {
    this.broadcaster.in('default').room('lobby').broadcast('chat', text);
  }
  tellAll(text: string): void {
    this.broadcaster.broadcast(undefined, { namespace: 'default', event: 'chat', body: text });
  }
  count(): Promise<number> {
    return this.broadcaster.in('default').count();
  }
  async sum(): Promise<unknown> {
    return (await this.broadcaster.ask({ namespace: 'default', event: 'sum', body: [1, 2] })).json();
  }
}

@Namespace('default')
class Chat {
  constructor(@inject(News) private readonly news: News) {}
  onPublish(msg: Message) {
    this.news.publish(String(msg.body));
  }
}

const containerWithNews = (): Container => {
  const container = new Container();
  container.bind(News).toSelf().inSingletonScope();
  return container;
};

describe('a Broadcaster', () => {
  it('speaks to rooms and namespaces from any service, for an HTTP route and for a controller alike', async () => {
    const container = containerWithNews();
    const app = await startNefeli({ container, controllers: [Chat] });
    const client = await RawClient.join(app, 'default');
    client.send('$1;default;lobby;_OnRoomJoin;0;0;');
    await client.next();
    const news = container.get(News);

    news.publish('from HTTP');
    expect(await client.next()).toBe(';default;lobby;chat;0;0;from HTTP');
    client.send(';default;;publish;0;0;from a handler');
    expect(await client.next()).toBe(';default;lobby;chat;0;0;from a handler');
    news.tellAll('to all');
    expect(await client.next()).toBe(';default;;chat;0;0;to all');
    expect(await news.count()).toBe(1);
  });

  it('asks the clients', async () => {
    const container = containerWithNews();
    const client = await RawClient.join(await startNefeli({ container, controllers: [Chat] }), 'default');

    const sum = container.get(News).sum();
    const ask = String(await client.next());
    expect(ask).toMatch(/;default;;sum;0;0;\[1,2\]$/);
    client.send(`${ask.slice(0, ask.indexOf(';'))};default;;sum;0;0;3`);

    expect(await sum).toBe(3);
  });

  it('is that of the mount default, or of a mount by its name', async () => {
    @injectable()
    class Both {
      constructor(
        @inject(Broadcaster) readonly main: Broadcaster,
        @inject(Broadcaster) @named('admin') readonly admin: Broadcaster,
      ) {}
    }
    const container = new Container();
    container.bind(Both).toSelf();
    const app = Fastify();
    onTestFinished(() => app.close());
    const namespaces = { default: { hear: () => {} } };
    await app.register(nefeli, { container, namespaces, name: 'admin', path: '/admin' });
    const early = container.get(Both);
    await app.register(nefeli, { container, namespaces, path: '/ws' });
    await app.listen({ port: 0, host: '127.0.0.1' });
    expect(portOf(app)).toBeGreaterThan(0);
    const [user, admin] = [
      await RawClient.join(app, 'default'),
      await RawClient.join(app, 'default', { path: '/admin' }),
    ];

    early.main.in('default').broadcast('to', 'users');
    early.admin.in('default').broadcast('to', 'admins');

    expect(await user.next()).toBe(';default;;to;0;0;users');
    expect(await admin.next()).toBe(';default;;to;0;0;admins');
  });

  it('is the one that the application has bound itself, where it has', async () => {
    const container = containerWithNews();
    const told: unknown[] = [];
    const fake = { broadcast: (_: unknown, message: unknown) => void told.push(message) };
    container.bind(Broadcaster).toConstantValue(fake as unknown as Broadcaster);
    await startNefeli({ container, controllers: [Chat] });

    container.get(News).tellAll('hello');

    expect(told).toEqual([{ namespace: 'default', event: 'chat', body: 'hello' }]);
  });
});

describe('a Broadcaster that is used', () => {
  const register = async (container: Container): Promise<FastifyInstance> => {
    const app = Fastify();
    await app.register(nefeli, { container, namespaces: { default: { chat: () => {} } } });
    return app;
  };

  it('before its mount is there throws BROADCASTER_UNREADY, and after its app has closed', async () => {
    @Namespace('default')
    class Eager {
      constructor(@inject(Broadcaster) broadcaster: Broadcaster) {
        broadcaster.in('default').broadcast('chat', 'too early');
      }
      onChat() {}
    }
    const container = containerWithNews();
    await expect(Fastify().register(nefeli, { container, controllers: [Eager] })).rejects.toThrow(
      /BROADCASTER_UNREADY: the Broadcaster of the mount "default" was used while there is no such mount/,
    );

    const app = await register(container);
    container.get(News).tellAll('now');
    await app.close();
    expect(() => container.get(News).tellAll('too late')).toThrow(/BROADCASTER_UNREADY/);
  });

  it('by two apps at a time throws BROADCASTER_AMBIGUOUS; one after the other is as it should be', async () => {
    const container = containerWithNews();
    const [first, second] = [await register(container), await register(container)];
    expect(() => container.get(News).tellAll('to whom?')).toThrow(
      /BROADCASTER_AMBIGUOUS: .*"default" was used, but 2 apps share its container/,
    );

    await first.close();
    container.get(News).tellAll('to the second');
    await second.close();
  });
});
