import type { CloseInfo } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import { WsError } from './client-errors.js';
import type { DialledNSConn } from './dialled-ns-conn.js';
import type { DialledRoom } from './dialled-room.js';
import { isThere, tellEnd, tellLeft } from './procedures.js';
import type { Session } from './session.js';

type Telling = () => Promise<void>;

const AGAIN = { isLocal: true, isRestored: true };
const FORCED = { isLocal: true, isForced: true };

/**
 * The connection was lost, with an error for good. What has not been answered fails; what the server gave ends, and with the
 * connection everything. Of what has come already, events are handled still.
 */
export function lose(session: Session, close: CloseInfo, isFinal: boolean): Promise<void> {
  session.epoch++;
  session.isRestored = false;
  session.lost = new WsError('CONN_CLOSED', close, 'closed');
  if (isFinal) session.ended = session.lost;
  session.asks.failAll(session.lost, isFinal);
  session.queue.keep(({ wait }) => !wait);
  const tellings: Telling[] = [];
  for (const ns of [...session.namespaces.values()]) {
    if (isFinal || !ns.wanted) {
      session.namespaces.delete(ns.name);
      tellings.push(() => tellEnd(session, ns, FORCED));
    } else {
      for (const { name, isWanted } of ns.rooms) {
        if (!isWanted && ns.joined.delete(name)) tellings.push(() => tellLeft(session, ns, name, FORCED));
      }
    }
  }
  return new Promise((resolve) => {
    session.queue.push('', async () => {
      for (const tell of tellings) await tell();
      resolve();
    });
  });
}

/** Connects and joins again what this side has asked for, in that order, and tells of it once all is there. */
export async function restore(session: Session): Promise<void> {
  const { epoch } = session;
  const tellings: Telling[] = [];
  for (const ns of session.options.native ? [] : [...session.namespaces.values()]) {
    await again(session, ns, undefined, tellings);
    await Promise.all(isThere(session, ns) ? ns.rooms.map((room) => again(session, ns, room, tellings)) : []);
    if (epoch !== session.epoch) return;
  }
  session.isRestored = true;
  session.outbox.flush();
  for (const tell of tellings) await tell();
}

/** Asks for a namespace or a room once more. If that is refused, it ends. */
async function again(
  session: Session,
  ns: DialledNSConn,
  room: DialledRoom | undefined,
  tellings: Telling[],
): Promise<void> {
  const { epoch } = session;
  const { NamespaceConnect, NamespaceConnected, RoomJoin, RoomJoined } = SystemEvent;
  const target = { namespace: ns.name, room: room?.name ?? '', event: room ? RoomJoin : NamespaceConnect };
  const event = room ? RoomJoined : NamespaceConnected;
  try {
    await session.request(target, () => {}, { payload: room ? undefined : ns.wanted, isFirst: true });
    tellings.push(async () => {
      if (epoch === session.epoch) await session.tell(ns, { ...target, event }, AGAIN);
    });
  } catch (error) {
    if (epoch !== session.epoch) return; // lost once more: it is asked for the next time
    session.report(error, target);
    if (room) ns.joined.delete(room.name);
    else session.namespaces.delete(ns.name);
    tellings.push(() => (room ? tellLeft(session, ns, room.name, FORCED) : tellEnd(session, ns, FORCED)));
  }
}
