import { Container, inject } from 'inversify';
import { eventMatchers, type Message, Namespace, NSConn, PublicError } from 'nefeli';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describePage, SOON } from '../controllers/example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from '../controllers/serve-example.js';
import { connected, NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, startNefeli } from '../support/start-app.js';
import { type BasicOptions, buildBasicApp } from './basic-app.js';

const serve = (options: BasicOptions = {}): Promise<ServedExample> => serveExample(buildBasicApp(options));
const enter = (served: ServedExample, name: string) => connected(served, { headers: { 'X-Username': name } });

describe('the example basic of neffos', () => {
  it.each([
    ['a header', { headers: { 'X-Username': 'ada' } }, ''],
    ['a URL parameter', {}, '?X-Websocket-Header-X-Username=ada'],
  ])('takes the name in %s for the id', async (_what, options, query) => {
    const { url } = await serve();

    const peer = await NeffosPeer.dial(`${url}${query}`, { default: {} }, options);

    expect(peer.id).toBe('ada');
  });

  it('logs how often a client has tried before it came back', async () => {
    const lines: string[] = [];
    const served = await serve({ log: (line) => void lines.push(line) });
    const headers = { 'X-Username': 'ada', 'X-Websocket-Reconnect': '3' };
    await RawClient.open(served.app, { path: ENDPOINT, headers });

    expect(lines).toEqual(['[ada] connected after 3 tries']);
  });

  it('notifies the others in the room of who joins and who leaves, and nobody else', async () => {
    const served = await serve();
    const [ada, bob, eve] = [await enter(served, 'ada'), await enter(served, 'bob'), await enter(served, 'eve')];
    await ada.ns.joinRoom('room1');

    const room = await bob.ns.joinRoom('room1');
    await room.leave();

    await expect
      .poll(() => ada.peer.bodies('notify'))
      .toEqual(['[bob] joined to room [room1].', '[bob] left from room [room1].']);
    expect([...bob.peer.bodies('notify'), ...eve.peer.bodies('notify')]).toEqual([]);
  });

  it('hands `chat` to the others in the room as the JSON that was sent', async () => {
    const served = await serve();
    const [ada, bob, eve] = [await enter(served, 'ada'), await enter(served, 'bob'), await enter(served, 'eve')];
    const room = await ada.ns.joinRoom('room1');
    await bob.ns.joinRoom('room1');
    const line = JSON.stringify({ from: 'ada', text: 'hello; room' });

    room.emit('chat', line);

    await expect.poll(() => bob.peer.seen.at(-1)).toMatchObject({ event: 'chat', room: 'room1', body: line });
    for (const { peer } of [ada, eve]) expect(peer.bodies('chat')).not.toContain(line);
  });

  it('has its client in room1 right after it has connected, where the server joins it', async () => {
    const { ns } = await enter(await serve({ serverJoinRoom: true }), 'ada');

    await expect.poll(() => ns.room('room1')?.name).toBe('room1');
  });
});

/** What the page of the example does. A text, because it is for the browser: nothing may compile it. */
const SCRIPT = `(async () => {
  globalThis.heard = [];
  const { dial } = await import('/neffos.min.js');
  const events = { notify: (_, msg) => void heard.push(msg.Body) };
  const conn = await dial('/websocket_endpoint', { default: events }, { headers: { 'X-Username': 'ada' }, reconnect: 2000 });
  const ns = await conn.connect('default');
  await ns.joinRoom('room1');
})()`;

describePage('the example basic of neffos in a browser', (browser) => {
  it('runs with neffos.js, which comes back after 2 seconds and joins its room again', async () => {
    const lines: string[] = [];
    let served = await serve({ log: (line) => void lines.push(line) });
    const port = portOf(served.app);
    const page = await browser().newPage();
    onTestFinished(() => page.close());
    await page.goto(served.page);
    await page.evaluate(SCRIPT);

    await served.app.close();
    const again = await buildBasicApp({ log: (line) => void lines.push(line) });
    onTestFinished(() => again.close());
    await again.listen({ port, host: '127.0.0.1' });
    served = { ...served, app: again };
    await expect.poll(() => again.nefeli.local.rooms('default'), SOON).toEqual(['room1']);
    const bob = await enter(served, 'bob');
    await bob.ns.joinRoom('room1');

    expect(lines).toContainEqual(expect.stringMatching(/^\[ada\] connected after [1-9]\d* tries$/));
    await expect.poll(() => page.evaluate('heard'), SOON).toContain('[bob] joined to room [room1].');
  });
});

describe('the examples of neffos.js', () => {
  it('are welcomed in their namespace, and the others read who connected too', async () => {
    const served = await serve();
    const ada = await enter(served, 'ada');

    const bob = await enter(served, 'bob');

    await expect.poll(() => bob.peer.bodies('chat')).toEqual(["welcome to server's namespace"]);
    await expect
      .poll(() => ada.peer.bodies('chat'))
      .toEqual(["welcome to server's namespace", 'Client [bob] connected too.']);
  });

  it('hand `chat` to all but the sender, from Node with the name as a header, and hear that they are disconnected', async () => {
    const lines: string[] = [];
    const served = await serve({ log: (line) => void lines.push(line) });
    const [ada, bob] = [await enter(served, 'ada'), await enter(served, 'bob')];

    ada.ns.emit('chat', 'hello');
    await expect.poll(() => bob.peer.bodies('chat')).toContain('hello');
    expect(ada.peer.bodies('chat')).not.toContain('hello');

    await ada.ns.disconnect();
    ada.peer.close();
    expect(ada.peer.trace).toContain('_OnNamespaceDisconnect local');
    await expect.poll(() => lines).toContain('[ada] disconnected');
  });
});

describe('the example struct-handler of neffos', () => {
  const SUFFIX = 'Static Response Suffix for sake of the example';
  const log: string[] = [];

  @Namespace('default', { eventMatcher: eventMatchers.trimPrefix('On') })
  class StructController {
    readonly #suffix = SUFFIX;
    constructor(@inject(NSConn) private readonly ns: NSConn) {}

    OnNamespaceConnect({ body }: Message): void {
      if (body === 'no entry') throw new PublicError('not you');
    }

    OnNamespaceConnected(): void {
      log.push(`${this.ns} connected`);
    }

    OnNamespaceDisconnect(): void {
      log.push(`${this.ns} disconnected`);
    }

    OnChat({ body }: Message): void {
      this.ns.emit('ChatResponse', `${body}${this.#suffix}`);
    }
  }

  const start = async (readTimeoutMs = 20_000) => {
    const app = await startNefeli({
      container: new Container(),
      controllers: [StructController],
      namespaceOptions: { default: { readTimeoutMs } },
      connectGapMs: 20,
    });
    return { app, url: `ws://127.0.0.1:${portOf(app)}/ws` };
  };

  it('answers the event `Chat` of its method OnChat with ChatResponse, and logs who comes and goes', async () => {
    const { peer, ns } = await connected(await start());

    ns.emit('Chat', 'Hello from client!');

    await expect.poll(() => peer.bodies('ChatResponse')).toEqual([`Hello from client!${SUFFIX}`]);
    await ns.disconnect();
    expect(log.filter((line) => line.startsWith(peer.id))).toEqual([`${peer.id} connected`, `${peer.id} disconnected`]);
  });

  it('refuses by what OnNamespaceConnect throws', async () => {
    const client = await RawClient.open((await start()).app);

    client.send('M', '$1;default;;_OnNamespaceConnect;0;0;no entry');

    expect(await client.next()).toMatch(/^A/);
    expect(await client.next()).toBe('$1;default;;_OnNamespaceConnect;1;0;not you');
  });

  it('ends a connection that is silent for longer than its read timeout', async () => {
    const client = await RawClient.join((await start(200)).app, 'default');

    expect(await client.closed).toEqual({ code: 1001, reason: 'read timeout' });
  });
});

describe('the example stress-test of neffos', () => {
  it('brings 10 broadcasts to 1,000 clients of one id: 10,000 receipts, and closing the server ends them all', async () => {
    const app = await startNefeli({ namespaces: { agent: {} }, idGenerator: () => 'client' });
    const clients: RawClient[] = [];
    for (let batch = 0; batch < 10; batch += 1) {
      clients.push(...(await Promise.all(Array.from({ length: 100 }, () => RawClient.join(app, 'agent')))));
    }
    const received = clients.map(async (client) => {
      for (let round = 0; round < 10; round += 1) expect(await client.next()).toBe(`;agent;;notify;0;0;${round}`);
      return 10;
    });

    for (let round = 0; round < 10; round += 1) app.nefeli.in('agent').to('client').broadcast('notify', String(round));

    expect((await Promise.all(received)).reduce((sum, count) => sum + count, 0)).toBe(10_000);
    expect(app.nefeli.local.size).toBe(1_000);
    await app.close();
    expect(new Set((await Promise.all(clients.map(({ closed }) => closed))).map(({ code }) => code))).toEqual(
      new Set([1001]),
    );
    expect(app.nefeli.local.size).toBe(0);
  }, 60_000);
});
