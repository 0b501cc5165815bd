import type { FastifyInstance } from 'fastify';
import { Container } from 'inversify';
import { type Message, Namespace, type NSConn, nefeli } from 'nefeli';
import { createPageApp } from '../../controllers/page/create-page-app.js';
import { serveNeffos } from '../../controllers/page/serve-neffos.js';

const ROOM = 'room1';

/** The server of neffos's example `basic`, and of the examples of neffos.js, which are much the same. */
@Namespace('default')
class BasicController {
  onNamespaceConnected(_: Message, ns: NSConn): void {
    ns.emit('chat', "welcome to server's namespace");
  }

  onRoomJoined({ room }: Message, ns: NSConn): void {
    ns.room(room)?.broadcastOthers('notify', `[${ns}] joined to room [${room}].`);
  }

  onRoomLeave({ room }: Message, ns: NSConn): void {
    ns.room(room)?.broadcastOthers('notify', `[${ns}] left from room [${room}].`);
  }

  onChat({ room, body }: Message, ns: NSConn): void {
    if (room === '') ns.broadcastOthers('chat', body);
    else ns.room(room)?.broadcastOthers('chat', body);
  }
}

/** The same, whose server puts every client into the room itself. */
@Namespace('default')
class JoiningController extends BasicController {
  override async onNamespaceConnected(_: Message, ns: NSConn): Promise<void> {
    await ns.joinRoom(ROOM);
  }
}

/** What a test changes of it. */
export interface BasicOptions {
  readonly serverJoinRoom?: boolean;
  readonly log?: (line: string) => void;
}

/** Builds the server, with neffos.js at `/neffos.min.js` and some page at `/`. */
export async function buildBasicApp({
  serverJoinRoom = false,
  log = () => {},
}: BasicOptions): Promise<FastifyInstance> {
  // Its page is of no importance: one to run neffos.js on.
  const app = await createPageApp({ from: new URL('../../controllers/native-messages/app.ts', import.meta.url).href });
  serveNeffos(app);
  await app.register(nefeli, {
    path: '/websocket_endpoint',
    container: new Container(),
    controllers: [serverJoinRoom ? JoiningController : BasicController],
    connectGapMs: 100, // for neffos.js in Node: 20 are enough where the process does not stand still for as long, as it does under many tests
    urlHeaders: ['X-Username'],
    idGenerator: ({ headers }) => String(headers['x-username']),
    onConnect(conn) {
      log(`[${conn.id}] connected after ${conn.reconnectTries} tries`);
      app.nefeli.in('default').broadcast('chat', `Client [${conn.id}] connected too.`);
    },
    onDisconnect: (conn) => log(`[${conn.id}] disconnected`),
  });
  return app;
}
