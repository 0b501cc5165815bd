import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { testNamespace } from 'nefeli/testing';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { buildDevicesApp } from '../../controllers/devices/app.js';
import { DeviceController } from '../../controllers/devices/device.controller.js';
import { Log } from '../../controllers/devices/log.js';
import { Users } from '../../controllers/devices/users.js';
import { NeffosPeer } from '../interop/neffos-peer.js';
import { portOf } from '../support/port-of.js';
import { RawClient } from '../support/start-app.js';
import { originOf, postJson } from './signed-in.js';

const SOCKET = '/websocket_endpoint';
const WELCOME = ";default;;chat;0;0;welcome to server's namespace";
const LEFT = /^n\w+;default;;_OnNamespaceDisconnect;0;0;$/;

describe('the devices', () => {
  let app: FastifyInstance;
  let commands: PassThrough;
  let lines: Record<string, unknown>[];

  beforeEach(async () => {
    lines = [];
    commands = new PassThrough();
    const stream = { write: (line: string) => void lines.push(JSON.parse(line)) };
    app = await buildDevicesApp({ commands, logger: { level: 'info', stream } });
    onTestFinished(() => app.close());
    await app.listen({ port: 0, host: '127.0.0.1' });
  });

  const nameHeader = (name: string | undefined): Record<string, string> =>
    name === undefined ? {} : { 'X-Username': name };

  /** A device that has read its welcome, and how many of the user there are. */
  async function join(name?: string): Promise<{ device: RawClient; devices: unknown }> {
    const device = await RawClient.join(app, 'default', { path: SOCKET, headers: nameHeader(name) });
    expect(await device.next()).toBe(WELCOME);
    return { device, devices: await device.next() };
  }

  const devices = (count: number): string => `;default;;devices;0;0;${count}`;
  const lastLeft = (): unknown => lines.filter(({ msg }) => msg === 'a device has left').at(-1);

  it('are welcomed, and told on how many devices their user is, whenever that changes', async () => {
    const first = await join('ada');
    const second = await join('ada');

    expect([first.devices, await first.device.next(), second.devices]).toEqual([devices(1), devices(2), devices(2)]);
    second.device.socket.terminate();
    expect(await first.device.next()).toBe(devices(1));
  });

  it('of one user all get a chat, its sender included, and those of others do not', async () => {
    const { device: phone } = await join('ada');
    const { device: laptop } = await join('ada');
    const { device: other } = await join('grace');
    expect(await phone.next()).toBe(devices(2));

    phone.send(';default;;chat;0;0;<b>note</b>; to self');
    other.send(';default;;chat;0;0;mine');

    for (const device of [phone, laptop]) expect(await device.next()).toBe(';default;;chat;0;0;<b>note</b>; to self');
    expect(await other.next()).toBe(';default;;chat;0;0;mine');
  });

  it('at one address are of one user, unless they say who they are; a name that is none counts as none', async () => {
    expect([(await join()).devices, (await join('a b')).devices, (await join('ada')).devices]).toEqual([
      devices(1),
      devices(2),
      devices(1),
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'a device is here', user: '127.0.0.1' }));
  });

  it('make a user as long as there is one: the last that leaves removes the user', async () => {
    const { device: phone } = await join('ada');
    const { device: laptop } = await join('ada');

    phone.socket.close();
    await expect.poll(lastLeft).toMatchObject({ user: 'ada', users: 1 });
    laptop.socket.close();

    await expect.poll(lastLeft).toMatchObject({ user: 'ada', users: 0 });
  });

  it('of everybody are disconnected by "force disconnect" on the console, and stay connected to the server', async () => {
    const { device: phone } = await join('ada');
    const { device: other } = await join('grace');

    commands.write('force disconnect\n');

    for (const device of [phone, other]) {
      const frame = String(await device.next());
      expect(frame).toMatch(LEFT);
      device.send(`${frame.slice(0, frame.indexOf(';'))};default;;_OnNamespaceDisconnect;0;0;`);
    }
    await expect.poll(lastLeft).toMatchObject({ users: 0 });
    await expect.poll(() => lines.at(-1)).toMatchObject({ msg: 'everybody was disconnected', devices: 2 });
    phone.send('$9;default;;_OnNamespaceConnect;0;0;');
    expect(await phone.next()).toBe('$9;;;;;;');
  });

  it('of neffos.js hear of it, too', async () => {
    const url = `ws://127.0.0.1:${portOf(app)}${SOCKET}`;
    const peer = await NeffosPeer.dial(url, { default: {} }, { headers: { 'X-Username': 'ada' } });
    await peer.conn.connect('default');

    commands.write('force disconnect\n');

    await expect.poll(() => peer.trace).toContain('_OnNamespaceDisconnect');
    expect(peer.bodies('chat')).toEqual(["welcome to server's namespace"]);
  });

  it('of the one who asks are disconnected by POST /disconnect, and those of others are not', async () => {
    const { device: phone } = await join('ada');
    const { device: other } = await join('grace');

    const answer = postJson(`${originOf(app)}/disconnect`, {}, nameHeader('ada'));
    const frame = String(await phone.next());
    phone.send(`${frame.slice(0, frame.indexOf(';'))};default;;_OnNamespaceDisconnect;0;0;`);

    expect(await (await answer).json()).toEqual({ devices: 1 });
    other.send(';default;;chat;0;0;still here');
    expect(await other.next()).toBe(';default;;chat;0;0;still here');
  });

  it('cannot be disconnected by a page of another site', async () => {
    const headers = { ...nameHeader('ada'), origin: 'https://elsewhere.example' };

    expect((await postJson(`${originOf(app)}/disconnect`, {}, headers)).status).toBe(403);
  });

  it('are told what a message is when they send none', async () => {
    const { device } = await join('ada');

    device.send('$1;default;;chat;0;0; ');

    expect(await device.next()).toBe('$1;default;;chat;1;0;A message has 1 to 500 characters.');
  });
});

describe('a device, without a network', () => {
  it('is closed with 1001 once it has been silent for 20 s, and its user is removed', async () => {
    const users = new Users();
    const container = new Container();
    container.bind(Users).toConstantValue(users);
    container.bind(Log).toConstantValue({ info: () => {} });
    const test = await testNamespace(DeviceController, { container });
    onTestFinished(() => test.close());
    const device = await test.connect();
    await test.clock.advance(19_999);
    expect(users.ids).toEqual([device.id]);

    await test.clock.advance(1);

    expect(await device.closed).toMatchObject({ code: 1001, reason: 'read timeout' });
    expect(users.ids).toEqual([]);
  });
});
