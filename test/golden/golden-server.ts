import { reply } from '../../src/core/reply.js';
import { PublicError } from '../../src/errors.js';
import type { Conn, NSConn } from '../../src/ports/conn.js';
import type { Body } from '../../src/protocol/message.js';
import { type TestServer, type TestServerOptions, testServer } from '../support/test-server.js';
import type { Transcript } from './transcripts.js';

const refuseWith = (text: string) => (): never => {
  throw new PublicError(text);
};

const withPrefix = (prefix: string, body: Body): Body =>
  typeof body === 'string' ? prefix + body : Uint8Array.of(...new TextEncoder().encode(prefix), ...body);

const prefixed = ({ body }: { body: Body }) => reply(withPrefix('re:', body));

const orLobby = (room: Body): string => String(room) || 'lobby';

/** Tells what came of an operation, in the namespace it was asked in or, where that is gone by now, in another. */
async function tellDone(ns: NSConn, event: string, operation: Promise<string | undefined>): Promise<void> {
  const outcome = await operation.then(
    (text) => (text === undefined ? `${event} ok` : `${event} ok: ${text}`),
    (error: { text?: string }) => `${event} error: ${error.text}`,
  );
  const { conn, namespace } = ns;
  const there = conn.namespace(namespace) ?? conn.namespace('any') ?? conn.namespace('');
  there?.emit('done', outcome);
}

async function leave(ns: NSConn, room: string): Promise<undefined> {
  await ns.room(room)?.leave();
}

const nothing = (): undefined => undefined;

/** The handlers that the golden transcripts presume. `test/interop/go/README.md` has the same for neffos. */
export function goldenServer(options: TestServerOptions = {}): TestServer {
  const golden: TestServer = testServer(
    {
      default: {
        onNamespaceConnected: (msg, ns) => {
          if (msg.isLocal) ns.emit('chat', 'welcome');
        },
        reply: prefixed,
        replyempty: () => reply(''),
        fail: refuseWith('bad; thing'),
        silent: nothing,
        chat: (msg, ns) => (ns.room(msg.room) ?? ns).broadcastOthers('chat', msg.body),
        note: (msg) => golden.server.in('default').room(orLobby(msg.room)).broadcast('note', msg.body),
        forcejoin: (msg, ns) => tellDone(ns, msg.event, ns.joinRoom(orLobby(msg.body)).then(nothing)),
        forceleave: (msg, ns) => tellDone(ns, msg.event, leave(ns, orLobby(msg.body))),
        forcedisconnect: (msg, ns) => tellDone(ns, msg.event, ns.disconnect().then(nothing)),
        askme: (msg, ns) =>
          tellDone(
            ns,
            msg.event,
            ns.ask('q', '?').then(({ body }) => String(body)),
          ),
      },
      any: { onAnyEvent: (msg) => reply(msg.body) },
      noconnect: { onNamespaceConnect: refuseWith('not allowed') },
      noroom: { onRoomJoin: refuseWith('room closed') },
      noleave: { onRoomLeave: refuseWith('no leaving') },
      nodisc: { onNamespaceDisconnect: refuseWith('stay') },
      'se;mi': { reply: prefixed, 'ev;ent': prefixed },
      '': { reply: prefixed },
    },
    options,
  );
  return golden;
}

const ON_CONNECT = {
  refuse: refuseWith('nope; sorry'),
  force: async (conn: Conn) => void (await conn.connect('default')),
};

const native = ({ body }: { body: Body }) => reply(withPrefix('native:', body));

/** The server that a transcript is for. */
export function serverFor({ server, onConnect }: Transcript): TestServer {
  if (server === 'native') return testServer({ '': { onNativeMessage: native } }, { native: 'only' });
  if (server === 'mixed') return testServer({ '': { onNativeMessage: native, echo: (msg) => reply(msg.body) } });
  return goldenServer(onConnect ? { onConnect: ON_CONNECT[onConnect] } : {});
}
