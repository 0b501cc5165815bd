import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { CDPSession } from 'playwright-core';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { describePage, SOON } from '../controllers/example-page.js';
import { Relay } from '../interop/relay.js';
import { portOf } from '../support/port-of.js';
import { startBrowserApp } from './browser-app.js';
import { Visit } from './browser-visit.js';

const HEARTBEAT = '$0;_;;_OnNamespaceDisconnect;0;0;';
/** Long enough for a browser on a busy computer to be heard in time. */
const QUICK = { heartbeat: { intervalMs: 500, timeoutMs: 1_000 } };

describePage('the client in Chromium, on a network that fails', (browser) => {
  let app: FastifyInstance;
  let relay: Relay;
  let visit: Visit;
  let devtools: CDPSession;

  beforeEach(async () => {
    app = await startBrowserApp();
    onTestFinished(() => app.close());
    relay = await Relay.to(portOf(app));
  });

  async function open(page = 'module'): Promise<void> {
    visit = await Visit.open(browser(), `http://127.0.0.1:${relay.port}/${page}.html`);
    devtools = await visit.page.context().newCDPSession(visit.page);
  }

  async function enter(options: object): Promise<void> {
    await open();
    await visit.enter(options);
  }

  const kind = async (): Promise<string> => (await visit.state).kind;
  const heartbeats = (): number => visit.sent.filter((frame) => frame === HEARTBEAT).length;

  /** Lets the clock of the page run ahead of all others. */
  async function advance(budgetMs: number): Promise<void> {
    const hasPassed = new Promise((resolve) => devtools.once('Emulation.virtualTimeBudgetExpired', resolve));
    await devtools.send('Emulation.setVirtualTimePolicy', { policy: 'advance', budget: budgetMs });
    await hasPassed;
  }

  /** Lets the page do nothing for a while, though its clock goes on, as when a computer sleeps. */
  async function sleep(timeMs: number, meanwhile: () => void): Promise<void> {
    const isAsleep = new Promise((resolve) => devtools.once('Debugger.paused', resolve));
    await devtools.send('Debugger.enable');
    await devtools.send('Debugger.pause');
    await isAsleep; // in the next of its timers
    meanwhile();
    await pause(timeMs);
    await devtools.send('Debugger.resume');
    await devtools.send('Debugger.disable');
  }

  it('tries nothing while the browser is offline, and at once when it is online', async () => {
    await open('never');
    await visit.enter(QUICK);
    await visit.page.context().setOffline(true);
    relay.takeDown();

    await expect.poll(kind, SOON).toBe('waiting');
    expect(await visit.run('conn.state.value.retryInMs === Infinity')).toBe(true);
    relay.isDown = false;
    await visit.run('room.emit("chat", "said while offline")');
    await visit.page.context().setOffline(false);

    await expect.poll(() => visit.trace, SOON).toContain('heard said while offline');
    expect(relay.refused).toBe(0);
  });

  it('hears that the browser is offline before the socket does, and asks the server', async () => {
    await enter({ heartbeat: { intervalMs: 600_000, timeoutMs: 1_000 } });

    await visit.page.context().setOffline(true);

    await expect.poll(heartbeats, SOON).toBe(1);
  });

  it('asks a silent server after 25 s, stays as it is answered, and gives up after 10 s when it is not', async () => {
    await enter({});

    await advance(24_000);
    expect(heartbeats()).toBe(0);
    await advance(2_000);
    await expect.poll(heartbeats, SOON).toBe(1);
    await advance(1_000);
    expect(await kind()).toBe('open');
    relay.fallSilent();
    await advance(36_000);

    await expect.poll(() => visit.trace, SOON).toContain('waiting');
    await expect.poll(() => advance(1_000).then(kind), SOON).toBe('open');
    await expect
      .poll(async () => (await visit.trace).slice(-2), SOON)
      .toEqual(['connected default again', 'joined lobby again']);
  });

  it('stays connected when it wakes from a sleep and the server is still there', async () => {
    await enter(QUICK);

    await sleep(2_500, () => {});
    const before = heartbeats();
    await expect.poll(heartbeats, SOON).toBeGreaterThan(before + 1);

    expect(await visit.run('ns.ask("sum", [1, 2]).then(({ body }) => body)')).toBe(3);
    expect(await visit.trace).not.toContain('waiting');
  });

  it('comes back when it wakes from a sleep in which the network has gone away without a word', async () => {
    await enter(QUICK);

    await sleep(2_500, () => relay.fallSilent());

    await expect.poll(() => visit.trace, SOON).toContain('joined lobby again');
  });

  it('comes back when it wakes from a sleep in which the server was lost', async () => {
    await enter(QUICK);

    await sleep(2_500, () => {
      relay.takeDown();
      relay.isDown = false;
    });

    await expect.poll(() => visit.trace, SOON).toContain('joined lobby again');
  });

  // A browser without a window hides no page. So the event is the browser's, and who sends it is the test.
  it.each(['visibilitychange', 'pageshow', 'resume'])('tries at once on %s while it waits', async (event) => {
    await open('never');
    await visit.enter(QUICK);
    relay.takeDown();
    await expect.poll(kind, SOON).toBe('waiting');
    relay.isDown = false;

    await visit.run(`document.dispatchEvent(new Event('${event}', { bubbles: true }))`);

    await expect.poll(() => visit.trace, SOON).toContain('joined lobby again');
  });
});
