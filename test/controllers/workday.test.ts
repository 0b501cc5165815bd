import { beforeEach, describe, expect, it } from 'vitest';
import { buildWorkdayApp } from '../../controllers/workday/app.js';
import { connected } from '../interop/neffos-peer.js';
import { ManualClock } from '../support/manual-clock.js';
import { RawClient } from '../support/start-app.js';
import { describePage, ExamplePage, SOON } from './example-page.js';
import { ENDPOINT, type ServedExample, serveExample } from './serve-example.js';

const HINT = 'Why not try this one? 06-24-2019';
const NO_DATE = '“tomorrow” is no date. Write it as MM-DD-YYYY.';

describe('the workday', () => {
  let served: ServedExample;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = new ManualClock();
    served = await serveExample(buildWorkdayApp({ scheduler: clock }));
  });

  const connectV1 = () => connected(served, { namespace: '/v1' });

  it.each([
    ['06-24-2019', "it's Monday, do your job."],
    ['02-29-2024', "it's Thursday, do your job."],
    ['06-22-2019', 'day off'],
    ['06-23-2019', 'day off'],
  ])('answers %s with %j', async (date, answer) => {
    const { ns } = await connectV1();

    expect((await ns.ask('workday', date)).Body).toBe(answer);
  });

  it.each(['tomorrow', '', '6-24-2019', '2019-06-24', '02-30-2024', '13-01-2024', '00-10-2024', '06-24-2019\n'])(
    'answers %j, which is no date, with the error that says so',
    async (text) => {
      const { ns } = await connectV1();

      await expect(ns.ask('workday', text)).rejects.toThrow(`“${text}” is no date. Write it as MM-DD-YYYY.`);
    },
  );

  it('counts what is no date for each connection: a hint at 3, 6 and 9, from 6 on a notice at the other even ones', async () => {
    const { peer, ns } = await connectV1();
    const other = await connectV1();
    const answers: string[] = [];

    for (let tries = 1; tries <= 10; tries += 1) {
      await ns.ask('workday', 'tomorrow').catch((error: Error) => answers.push(error.message));
    }
    await expect(other.ns.ask('workday', 'tomorrow')).rejects.toThrow(NO_DATE);

    expect(answers.map((text) => text === HINT)).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
    expect(answers[9]).toBe(NO_DATE);
    expect(peer.bodies('notify')).toEqual(['What are you doing?', 'What are you doing?']);
    expect(other.peer.bodies('notify')).toEqual([]);
  });

  it('notifies all clients of /v1 after one minute, once', async () => {
    const [ada, bob] = [await connectV1(), await connectV1()];

    clock.advanceMs(59_999);
    await ada.ns.ask('workday', '06-24-2019');
    expect(ada.peer.bodies('notify')).toEqual([]);
    clock.advanceMs(1);
    for (const { peer } of [ada, bob])
      await expect.poll(() => peer.bodies('notify')).toEqual(['The server has been here for a minute.']);
    clock.advanceMs(600_000);
    await ada.ns.ask('workday', '06-24-2019');

    expect(ada.peer.bodies('notify')).toHaveLength(1);
  });

  it('leaves no timer behind when it is closed', async () => {
    expect(clock.timers).toBe(1);

    await served.app.close();

    expect(clock.timers).toBe(0);
  });

  it('closes a connection whose message is larger than 1 KiB with 1009', async () => {
    const ada = await RawClient.join(served.app, '/v1', { path: ENDPOINT });

    ada.send(`$1;/v1;;workday;0;0;${'1'.repeat(1_024)}`);

    expect(await ada.closed).toMatchObject({ code: 1009 });
  });
});

describePage('the page of the workday', (browser) => {
  it('shows answers, errors and what the server says by itself', async () => {
    const clock = new ManualClock();
    const served = await serveExample(buildWorkdayApp({ scheduler: clock }));
    const ada = await ExamplePage.open(browser(), served.page);
    await expect.poll(() => ada.status, SOON).toBe('Connected');

    await ada.send('Date', '06-24-2019');
    await expect.poll(() => ada.log, SOON).toEqual(["06-24-2019: it's Monday, do your job."]);
    await ada.send('Date', '<b>today</b>');
    await expect.poll(() => ada.problem, SOON).toBe('“<b>today</b>” is no date. Write it as MM-DD-YYYY.');
    clock.advanceMs(60_000);
    await expect
      .poll(() => ada.at('notices').locator('li').allTextContents(), SOON)
      .toEqual(['The server has been here for a minute.']);
  });
});
