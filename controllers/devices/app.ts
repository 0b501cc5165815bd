import 'reflect-metadata';
import { isIP } from 'node:net';
import { createInterface } from 'node:readline';
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify';
import { Container } from 'inversify';
import { nefeli } from 'nefeli';
import { createPageApp } from '../page/create-page-app.js';
import { sameOrigin } from '../page/same-origin.js';
import { DeviceController } from './device.controller.js';
import { Log } from './log.js';
import { Users } from './users.js';

const LIMITS = { maxMessageBytes: 4 * 1024, messagesPerSecond: 10, messageBurst: 30, maxConnectionsPerAddress: 100 };

/** What a user may be called. */
const USERNAME = /^[\w.@-]{1,64}$/;

/** What another program, such as a test, may decide. */
export interface DevicesOptions {
  /** Where commands are typed, a line each. @default the console, where there is one */
  readonly commands?: NodeJS.ReadableStream;
  /** @default lines of JSON on the console */
  readonly logger?: FastifyServerOptions['logger'];
}

/** Many connections of one user, over `/websocket_endpoint`, with the page at `/`. “force disconnect” on the console ends all. */
export async function buildDevicesApp(options: DevicesOptions = {}): Promise<FastifyInstance> {
  const { logger = true, commands = process.stdin.isTTY ? process.stdin : undefined } = options;
  const app = await createPageApp({ from: import.meta.url, logger });
  const users = new Users();

  const container = new Container();
  container.bind(Log).toConstantValue(app.log);
  container.bind(Users).toConstantValue(users);

  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container,
    controllers: [DeviceController],
    clientScript: '/nefeli.mjs',
    urlHeaders: ['X-Username'], // a browser cannot send headers of its own with a websocket
    idGenerator: userOf,
    connectGapMs: 20, // neffos.js 0.1 in Node would lose the welcome
    limits: LIMITS,
  });
  app.addHook('onRequest', sameOrigin);
  app.post('/disconnect', async (request) => ({ devices: await users.disconnect([userOf(request)]) }));
  if (commands) obey(app, commands, users);
  return app;
}

/**
 * Whose device it is: everybody at one address is one user, unless they say who they are; an address is nobody's name. Ask for a
 * password in earnest.
 */
function userOf({ headers, ip }: FastifyRequest): string {
  const name = headers['x-username'];
  return typeof name === 'string' && USERNAME.test(name) && isIP(name) === 0 ? name : ip;
}

function obey(app: FastifyInstance, commands: NodeJS.ReadableStream, users: Users): void {
  const lines = createInterface({ input: commands });
  lines.on('line', async (line) => {
    if (line.trim() !== 'force disconnect') return app.log.info('There is one command: force disconnect');
    app.log.info({ devices: await users.disconnect() }, 'everybody was disconnected');
  });
  app.addHook('onClose', () => lines.close());
}
