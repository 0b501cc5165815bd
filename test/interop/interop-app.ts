import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type Conn, type Namespaces, type NefeliOptions, nefeli, PublicError, reply } from 'nefeli';
import { onTestFinished } from 'vitest';

/** What a handler throws without meaning it for the other side. */
export const SECRET = 'password of the database';

export interface InteropApp {
  readonly app: FastifyInstance;
  /** Where clients connect. */
  readonly url: string;
  readonly port: number;
  /** The methods of the requests, in the order in which they came. */
  readonly requests: readonly string[];
}

/**
 * Serves, until the test has finished, what the scenarios of the Go client presume, and what `options` say besides or
 * instead.
 */
export async function startInteropApp(options: NefeliOptions = {}): Promise<InteropApp> {
  const app = Fastify();
  onTestFinished(() => app.close());
  const requests: string[] = [];
  app.addHook('onRequest', async ({ method }) => void requests.push(method));
  await app.register(nefeli, {
    path: '/ws',
    connectGapMs: 20,
    urlHeaders: ['X-Username'],
    idGenerator,
    onConnect,
    namespaces: namespacesOf(app),
    ...options,
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo; // it listens on a port, not on a pipe
  return { app, port, url: `ws://127.0.0.1:${port}/ws`, requests };
}

const queryOf = ({ query }: FastifyRequest): Record<string, string | undefined> =>
  query as Record<string, string | undefined>; // the tests repeat no parameter

function idGenerator(request: FastifyRequest): string {
  const username = request.headers['x-username'];
  return typeof username === 'string' ? username : (queryOf(request)['id'] ?? randomUUID());
}

async function onConnect(conn: Conn): Promise<void> {
  const { refuse, force } = queryOf(conn.request);
  if (refuse) throw new PublicError('nope; sorry');
  if (force !== undefined) await conn.connect(force);
}

const namespacesOf = (app: FastifyInstance): Namespaces => ({
  default: {
    onNamespaceConnected(msg, ns) {
      if (msg.isLocal) ns.emit('chat', 'welcome');
    },
    echo: (msg) => msg.body,
    bin: (msg) => reply(msg.body),
    fail() {
      throw new PublicError('bad; thing');
    },
    crash() {
      throw new Error(SECRET);
    },
    silent() {},
    chat(msg, ns) {
      if (msg.room === '') ns.broadcastOthers('chat', msg.body);
      else ns.room(msg.room)?.broadcastOthers('chat', msg.body);
    },
    private(msg) {
      const { to, text } = msg.json() as { to: string; text: string };
      app.nefeli.in('default').to(to).broadcast('private', text);
    },
    async askme(_, ns) {
      const answer = await ns.ask('question', '?');
      ns.emit('answered', answer.body);
    },
    async forcejoin(_, ns) {
      const room = await ns.joinRoom('lobby');
      room.broadcast('note', 'from the server');
    },
    forceleave: (_, ns) => ns.room('lobby')?.leave(),
    forcedisconnect: (_, ns) => ns.disconnect(),
    kick: (_, ns) => ns.conn.close(),
  },
  greeter: { echo: (msg) => msg.body, onNamespaceConnected: (_, ns) => ns.emit('greeting', 'welcome') },
  refused: {
    onNamespaceConnect() {
      throw new PublicError('not allowed');
    },
  },
  noroom: {
    onRoomJoin() {
      throw new PublicError('room closed');
    },
  },
  'se;mi': { 'ev;ent': (msg) => msg.body },
  '': {
    echo: (msg) => msg.body,
    onNativeMessage: ({ body }) =>
      reply(typeof body === 'string' ? `native:${body}` : Buffer.concat([Buffer.from('native:'), body])),
  },
});
