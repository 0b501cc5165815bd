import type { Handler } from '../core/event-table.js';
import { type HandledMessage } from '../core/message-context.js';
import { type Member, type Part } from '../core/table-builder.js';
import { WsError } from '../errors.js';
import { ConnHandlers } from '../mvc/conn-handlers.js';
import { SystemEvent } from '../protocol/event-names.js';
import { Connection } from './connection.js';

/**
 * Serves connections in the style of Iris before neffos: `setUp` is called for each, when it is open, and registers listeners on
 * it. What comes meanwhile waits. It is the option `handlers` of a mount, alone or joined with others, and it serves the namespace
 * `""` in any language.
 *
 * ```ts
 * const handlers = onConnection((c) => {
 *   c.join('lobby');
 *   c.on('chat', (text) => c.to({ room: 'lobby' }).emit('chat', `${c.id}: ${text}`), { as: 'text' });
 * });
 * await app.register(nefeli, { path: '/my_endpoint', wire: 'iris', handlers });
 * ```
 *
 * A throw of `setUp` ends the connection with 1011, and a `CloseError` with its own code.
 *
 * @throws {OPTION_INVALID} for what is no function
 */
export function onConnection(setUp: (connection: Connection) => unknown): ConnHandlers {
  if (typeof setUp !== 'function') {
    throw new WsError('OPTION_INVALID', { option: 'setUp of onConnection()', value: setUp, expected: 'a function' });
  }
  return new ConnHandlers([{ kind: 'ready', part: partOf(setUp), path: '', timeouts: {} }]);
}

const OWNER = 'onConnection()';

function partOf(setUp: (connection: Connection) => unknown): Part {
  const { event, raw, left, ended, begin } = Connection.calls;
  const hearing = (hears: SystemEvent, run: (connection: Connection, msg: HandledMessage) => unknown): Member => {
    const handler: Handler = (msg, _ns, scope) => run(scope as Connection, msg); // what `open` has made
    return { origin: OWNER, hears, run: handler };
  };
  return {
    namespace: '',
    owner: OWNER,
    members: [
      hearing(SystemEvent.NamespaceConnected, (connection) => begin(connection, setUp)),
      hearing(SystemEvent.AnyEvent, event),
      hearing(SystemEvent.NativeMessage, raw),
      hearing(SystemEvent.RoomLeft, left),
      hearing(SystemEvent.NamespaceDisconnect, ended),
    ],
    open: (ns) => new Connection(ns),
  };
}
