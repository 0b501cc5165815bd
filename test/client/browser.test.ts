import type { FastifyInstance } from 'fastify';
import type { CloseInfo } from 'nefeli';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { describePage, SOON } from '../controllers/example-page.js';
import { portOf } from '../support/port-of.js';
import { addressOf, startBrowserApp } from './browser-app.js';
import { Visit } from './browser-visit.js';

const FIRST = ['connected default', 'open', 'joined lobby'].toSorted();

describePage('the client in Chromium', (browser) => {
  let app: FastifyInstance;
  let closes: CloseInfo[];

  const start = async (port = 0): Promise<void> => {
    app = await startBrowserApp(port, { onConnect: (conn) => void conn.closed.then((close) => closes.push(close)) });
  };

  beforeEach(async () => {
    closes = [];
    await start();
    onTestFinished(() => app.close());
  });

  const open = (page: string): Promise<Visit> => Visit.open(browser(), `${addressOf(app)}/${page}.html`);

  async function enter(page = 'module'): Promise<Visit> {
    const visit = await open(page);
    await visit.enter();
    return visit;
  }

  const PAGES = ['module', 'script'];

  it.each(PAGES)('speaks on a page with a strict content policy, as a %s', async (page) => {
    const visit = await enter(page);

    expect(await visit.run('ns.ask("sum", [1, 2]).then(({ body }) => body)')).toBe(3);
    expect(await visit.run('ns.ask("survey").then(({ body }) => body)')).toBe('who are you: me');
    expect(await visit.run('ns.ask("echo", new Uint8Array([1, 0, 255])).then(({ body }) => [...body])')).toEqual([
      1, 0, 255,
    ]);
    expect(await visit.run('ns.ask("nothing").catch((e) => [e instanceof nefeli.RemoteError, e.code])')).toEqual([
      true,
      'EVENT_UNKNOWN',
    ]);
    await visit.run('room.emit("chat", "hello")');
    await expect.poll(() => visit.trace, SOON).toContain('heard hello');
    expect((await visit.trace).slice(0, 3).toSorted()).toEqual(FIRST);
  });

  it.each(PAGES)('speaks in a worker that loads it as a %s', async (page) => {
    const visit = await open('script');
    const type = page === 'module' ? 'module' : 'classic';

    const answer = await visit.run<string>(`new Promise((resolve, reject) => {
      const worker = new Worker('/${page}-worker.js', { type: '${type}' });
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    })`);

    expect(answer).toMatch(/^3 .*joined lobby/);
  });

  it('hears of the other tab, whose end it survives', async () => {
    const [ada, bob] = [await enter(), await enter()];

    await ada.run('room.emit("chat", "from Ada")');
    await expect.poll(() => bob.trace, SOON).toContain('heard from Ada');
    await ada.page.close();
    await expect.poll(() => closes.length, SOON).toBe(1);
    await bob.run('room.emit("chat", "still here")');

    await expect.poll(() => bob.trace, SOON).toContain('heard still here');
    expect(app.nefeli.connections()).toHaveLength(1);
  });

  it('comes back by the same objects when the server is started anew, and sends what waited', async () => {
    const visit = await enter();
    const port = portOf(app);
    await visit.run('globalThis.before = [conn, ns, room]; 0');

    await app.close();
    await expect.poll(async () => (await visit.state).kind, SOON).not.toBe('open');
    await visit.run('trace.length = 0; room.emit("chat", "said while away")');
    await start(port);

    await expect.poll(() => visit.trace, SOON).toContain('heard said while away');
    const told = (await visit.trace).filter((line) => !['waiting', 'connecting', 'open'].includes(line));
    expect(told).toEqual(['connected default again', 'joined lobby again', 'heard said while away']);
    expect(await visit.run('before[1] === conn.namespace("default") && before[2] === ns.room("lobby")')).toBe(true);
    expect(app.nefeli.connections()[0]?.reconnectTries).toBeGreaterThan(0);
  });

  it('stays closed after a code that is final, and tells of it', async () => {
    const visit = await enter();

    await visit.run('ns.emit("kick", "4003")');

    await expect.poll(() => visit.state, SOON).toMatchObject({ kind: 'closed', code: 4003 });
    expect((await visit.trace).slice(-3)).toEqual(['closed', 'left lobby', 'disconnected default']);
  });

  it.each([
    ['4001, "bye"', { code: 4001, reason: 'bye' }],
    ['1001', { code: 4001, reason: '' }],
  ])('ends by conn.close(%s), with a code that a browser may send', async (args, close) => {
    const visit = await enter();

    await visit.run(`conn.close(${args})`);

    expect((await visit.state).kind).toBe('closed');
    await expect.poll(() => closes, SOON).toMatchObject([close]);
  });

  it.each(['2999', '4001, "x".repeat(124)'])('stays connected when conn.close(%s) is refused', async (args) => {
    const visit = await enter();

    await expect(visit.run(`conn.close(${args})`)).rejects.toThrow(/InvalidAccessError|SyntaxError/);

    expect((await visit.state).kind).toBe('open');
    expect(await visit.run('ns.ask("sum", [1, 2]).then(({ body }) => body)')).toBe(3);
  });

  it('rejects at once where the content policy of the page forbids the connection', async () => {
    const context = await browser().newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${addressOf(app)}/script.html`);

    const error = page.evaluate(`nefeli.dial('wss://elsewhere.example', {}, { dialTimeoutMs: 60_000 })
      .catch(({ code, details }) => ({ code, close: details.code }))`);

    expect(await error).toEqual({ code: 'CONN_CLOSED', close: 1006 });
  });
});
