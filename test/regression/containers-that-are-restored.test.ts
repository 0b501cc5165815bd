import Fastify, { type FastifyInstance } from 'fastify';
import { Container, inject } from 'inversify';
import { Broadcaster, Namespace, NSConn, nefeli } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient, startNefeli } from '../support/start-app.js';

class Logger {}

@Namespace('default')
class Chat {
  constructor(
    @inject(NSConn) readonly ns: NSConn,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster,
    @inject(Logger) readonly logger: Logger,
  ) {}
  onCount() {
    return this.broadcaster.in('default').count();
  }
}

@Namespace('admin')
class Admin {
  onCount() {}
}

async function count(app: FastifyInstance): Promise<string> {
  const client = await RawClient.join(app, 'default');
  client.send('$1;default;;count;0;0;');
  return String(await client.next());
}

/** An app, and what it has warned of. */
function loggedApp(): { app: FastifyInstance; warned: string[] } {
  const warned: string[] = [];
  const write = (line: string): void => void warned.push(line);
  const app = Fastify({ logger: { level: 'warn', stream: { write } } });
  onTestFinished(() => app.close());
  return { app, warned };
}

describe('a container from which bindings have been taken away again', () => {
  it.each<[string, (container: Container) => unknown]>([
    ['restore', (container) => container.restore()],
    ['unbindAll', (container) => container.unbindAll()],
  ])('serves another app after %s', async (_, takeAway) => {
    const container = new Container();
    container.snapshot();
    container.bind(Logger).toSelf();
    const first = await startNefeli({ container, controllers: [Chat] });
    await first.close();
    await takeAway(container);

    container.bind(Logger).toSelf();
    expect(await count(await startNefeli({ container, controllers: [Chat] }))).toBe('$1;default;;count;0;0;1');
  });

  it('goes on to tell of late bindings after restore, and takes none of before for one', async () => {
    const container = new Container();
    container.snapshot();
    container.bind(Logger).toSelf();
    await startNefeli({ container, controllers: [Chat] });
    container.restore();
    const { app, warned } = loggedApp();
    container.bind(Logger).toSelf();
    await app.register(nefeli, { container, controllers: [Chat] });
    expect(warned).toEqual([]);

    container.bind(Logger).toSelf();
    expect(warned.join()).toContain('BINDING_LATE: Logger was bound after nefeli was registered');
  });

  it('keeps quiet of what is bound after unbindAll, before the next app', async () => {
    const container = new Container();
    container.bind(Logger).toSelf();
    const { app, warned } = loggedApp();
    await app.register(nefeli, { container, controllers: [Chat] });

    await container.unbindAll();
    container.bind(Logger).toSelf();

    expect(warned).toEqual([]);
  });
});

describe('a second mount with the same container', () => {
  it('binds a broadcaster of its own without a warning, where controllers of the first have one injected', async () => {
    const container = new Container();
    container.bind(Logger).toSelf();
    const { app, warned } = loggedApp();
    await app.register(nefeli, { container, controllers: [Chat] });

    await app.register(nefeli, { name: 'admin', container, controllers: [Admin] });

    expect(warned).toEqual([]);
  });

  it('leaves nothing behind where its name is taken: the next app has one broadcaster', async () => {
    const container = new Container();
    container.bind(Logger).toSelf();
    const { app } = loggedApp();
    await app.register(nefeli, { container, controllers: [Chat] });
    await expect(app.register(nefeli, { container, controllers: [Admin] })).rejects.toThrow('MOUNT_DUPLICATE');
    await app.close().catch(() => {}); // fastify repeats the error

    expect(await count(await startNefeli({ container, controllers: [Chat] }))).toBe('$1;default;;count;0;0;1');
  });
});
