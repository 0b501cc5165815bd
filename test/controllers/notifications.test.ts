import type { FastifyInstance } from 'fastify';
import { ManualClock } from 'nefeli/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildNotificationsApp } from '../../controllers/notifications/app.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient, statusOfUpgrade } from '../support/start-app.js';
import { originOf, postJson } from './signed-in.js';

const SOCKET = '/websocket_endpoint';
const ROUND_MS = 10_000;
const NOTIFICATION = { id: 'meeting', userId: 'ada', subject: 'Meeting', text: 'at <b>noon</b>; room 7' };
const FRAME = `;agent;;OnNotification;0;0;${JSON.stringify(NOTIFICATION)}`;

describe('the notifications', () => {
  let app: FastifyInstance;
  let clock: ManualClock;
  let lines: Record<string, unknown>[];

  beforeEach(async () => {
    clock = new ManualClock();
    lines = [];
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    app = await buildNotificationsApp({ scheduler: clock, logger: { level: 'info', stream } });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const file = (body: unknown, headers = {}): Promise<Response> =>
    postJson(`${originOf(app)}/notifications`, body, headers);
  const statusOf = async (body: unknown): Promise<number> => (await file(body)).status;
  const listen = (userId: string): Promise<RawClient> =>
    RawClient.join(app, 'agent', { path: SOCKET, headers: { 'X-UserID': userId } });
  const handedOver = (): unknown[] =>
    lines.filter(({ msg }) => msg === 'a notification was handed over').map(({ connections }) => connections);

  it('go to every connection of their user in the next round, as OnNotification, and to nobody else', async () => {
    const [phone, laptop, grace] = [await listen('ada'), await listen('ada'), await listen('grace')];
    await file(NOTIFICATION);
    await file({ ...NOTIFICATION, userId: 'grace', subject: 'for Grace' });

    await clock.advance(ROUND_MS - 1);
    expect(handedOver()).toEqual([]);
    await clock.advance(1);

    for (const device of [phone, laptop]) expect(await device.next()).toBe(FRAME);
    expect(await grace.next()).toContain('"for Grace"');
    await expect.poll(handedOver).toEqual([2, 1]);
  });

  it('are handed over once', async () => {
    const ada = await listen('ada');
    await file(NOTIFICATION);
    await clock.advance(ROUND_MS);
    expect(await ada.next()).toBe(FRAME);
    await expect.poll(handedOver).toEqual([1]);
    await expect.poll(() => clock.timers).toBe(1); // the round is over

    await file({ ...NOTIFICATION, id: 'second' });
    await clock.advance(ROUND_MS);

    expect(await ada.next()).toContain('"second"');
  });

  it('wait for users who are not there', async () => {
    await file(NOTIFICATION);
    await clock.advance(ROUND_MS);
    await expect.poll(() => clock.timers).toBe(1);
    const ada = await listen('ada');

    await clock.advance(ROUND_MS);

    expect(await ada.next()).toBe(FRAME);
    await expect.poll(handedOver).toEqual([1]);
  });

  it('reach neffos.js', async () => {
    const url = `ws://127.0.0.1:${portOf(app)}${SOCKET}`;
    const peer = await NeffosPeer.dial(url, { agent: {} }, { headers: { 'X-UserID': 'ada' } });
    await peer.conn.connect('agent');
    await file(NOTIFICATION);

    await clock.advance(ROUND_MS);

    await expect.poll(() => peer.bodies('OnNotification')).toEqual([JSON.stringify(NOTIFICATION)]);
  });

  it('are filed with 201, and take the place of one with the same id and user with 200', async () => {
    const ada = await listen('ada');

    expect(await statusOf({ ...NOTIFICATION, text: 'at eleven' })).toBe(201);
    expect(await statusOf(NOTIFICATION)).toBe(200);
    expect(await statusOf({ ...NOTIFICATION, userId: 'grace' })).toBe(201);
    await clock.advance(ROUND_MS);

    expect(await ada.next()).toBe(FRAME);
    await expect.poll(handedOver).toEqual([1]);
  });

  it.each([
    ['nothing', null, ['id', 'userId', 'subject', 'text']],
    ['a list', [], ['id', 'userId', 'subject', 'text']],
    ['no user and no text', { id: 'meeting', subject: 'Meeting' }, ['userId', 'text']],
  ])('are refused with 400 and the names of the missing fields for %s', async (_what, body, missing) => {
    const response = await file(body);

    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ statusCode: 400, message: `Missing: ${missing.join(', ')}.`, missing });
  });

  it.each([
    ['a user with a space', { userId: 'a da' }, 'A userId has 1 to 64 letters, digits, “.”, “@”, “-” or “_”.'],
    ['an empty subject', { subject: ' ' }, 'A subject has 1 to 120 characters.'],
    ['a text of 1001 characters', { text: 'x'.repeat(1_001) }, 'A text has at most 1000 characters.'],
  ])('are refused with 400 and the reason for %s', async (_what, wrong, message) => {
    const response = await file({ ...NOTIFICATION, ...wrong });

    expect([response.status, await response.json()]).toEqual([400, { statusCode: 400, message }]);
  });

  it('are refused with 429 when 100 of a user wait, with 413 when too large, with 403 from another site', async () => {
    for (let n = 1; n <= 100; n += 1) expect(await statusOf({ ...NOTIFICATION, id: `${n}` })).toBe(201);

    expect(await statusOf(NOTIFICATION)).toBe(429);
    expect(await statusOf({ ...NOTIFICATION, id: '7' })).toBe(200);
    expect(await statusOf({ ...NOTIFICATION, text: 'x'.repeat(9_000) })).toBe(413);
    expect((await file(NOTIFICATION, { origin: 'https://elsewhere.example' })).status).toBe(403);
  });

  it.each([
    ['no user', {}],
    ['an empty user', { 'X-UserID': '' }],
    ['a user with a space', { 'X-UserID': 'a da' }],
  ])('answer 401 to an upgrade with %s', async (_what, headers) => {
    expect(await statusOfUpgrade(app, { path: SOCKET, headers })).toBe(401);
  });

  it('take the user from the address where a browser can send no header', async () => {
    const path = `${SOCKET}?X-Websocket-Header-X-UserID=ada`;

    expect(await statusOfUpgrade(app, { path })).toBe(101);
  });

  it('end with the app: no round begins any more', async () => {
    await file(NOTIFICATION);

    await app.close();

    expect(clock.timers).toBe(0);
  });
});
