import { PublicError, RemoteError, WsError } from './client-errors.js';
import type { ClientMessage } from './client-message.js';
import type { About, Core, Handlers, Namespace } from './core.js';
import type { DialledNSConn, DialledRoom, Listener } from './dialled.js';
import { ANY, CONNECT, CONNECTED, DISCONNECT, isReserved, JOIN, JOINED, LEAVE, LEFT } from './lifecycle.js';
import { messageStream, type StreamOptions } from './message-stream.js';
import { quiet } from './quiet.js';
import { type Circumstances, readMessage } from './read-message.js';
import { keyOf, type UnderWay, type Work } from './share.js';
import { type Target, toPayload } from './wire.js';

/** What this side has asked for itself; what it asks for again; and what ends because something larger ended. */
export const LOCAL: Circumstances = { isLocal: true };
const AGAIN: Circumstances = { isLocal: true, isRestored: true };
const FORCED: Circumstances = { isLocal: true, isForced: true };

/** Somebody who listens to one event. */
interface Hearing {
  readonly event: string;
  readonly listener: Listener;
  readonly end?: () => void;
}

/** Makes a namespace. It is there once it is installed. */
export function createNamespace(core: Core, name: string): Namespace {
  const handlers: Handlers = core.handlers.get(name) ?? new Map();
  const { connected, conn, request, run, share } = core;
  const joined = new Map<string, DialledRoom>();
  /** Of the rooms those that this side has asked for. What the server gave it gives again by itself. */
  const wantedRooms = new Set<string>();
  /** What this side has asked for: joins, leaves, its end. */
  const underWay: UnderWay = new Map();
  const hearings = new Set<Hearing>();
  let isGone = false;

  const target = (event: string, room = ''): Target => ({ namespace: name, room, event });
  const isThere = (): boolean => connected.get(name) === self;

  function check(): void {
    core.check();
    if (!isThere()) throw new WsError('NAMESPACE_NOT_CONNECTED', { namespace: name });
  }

  async function fire(event: string, about: About): Promise<void> {
    const handler = handlers.get(event);
    if (handler) await core.call(handler, readMessage({ ...about, namespace: name, event }), ns);
  }

  function tell(event: string, about: About): Promise<void> {
    return fire(event, about).catch((error) => core.report(error, target(event, about.room)));
  }

  async function enter(room: string, circumstances: Circumstances): Promise<DialledRoom> {
    const { epoch } = core;
    if (!joined.has(room)) await fire(JOIN, { ...circumstances, room });
    if (epoch !== core.epoch) throw core.loss;
    check();
    if (circumstances === LOCAL) wantedRooms.add(room);
    const there = joined.get(room); // both sides have asked for the same
    if (there) return there;
    const made = makeRoom(room);
    joined.set(room, made);
    await tell(JOINED, { ...circumstances, room });
    return made;
  }

  function makeRoom(room: string): DialledRoom {
    const made: DialledRoom = {
      name: room,
      emit: (event, body) => {
        refuseReserved(event);
        if (isThere() && joined.get(room) === made) core.emit(target(event, room), body);
      },
      leave: (wait) =>
        quiet(async () => {
          check();
          if (joined.get(room) !== made) throw new WsError('ROOM_NOT_JOINED', { namespace: name, room });
          await share(underWay, target(LEAVE, room), wait, (ask) => ask(() => run(() => exit(room, LOCAL))));
        }),
    };
    return made;
  }

  const answerOf = (event: string, room?: string): Promise<void> | undefined =>
    underWay.get(keyOf(target(event, room)))?.answered;

  /** The room where it is joined, and is not being left. Who asks for it wants it back, too, when the connection was lost. */
  function there(room: string): DialledRoom | undefined {
    const made = answerOf(LEAVE, room) ? undefined : joined.get(room);
    if (made) wantedRooms.add(room);
    return made;
  }

  async function join(room: string, ask: Parameters<Work<DialledRoom>>[0]): Promise<DialledRoom> {
    // Until the answer, and not until its handlers have run: they may wait for this.
    if (joined.has(room)) await answerOf(LEAVE, room);
    check();
    const stayed = there(room);
    if (stayed) return stayed;
    return await ask(() =>
      run(() => enter(room, LOCAL)).catch((error) => {
        // The server has let it in. Nobody waits for the answer: whoever asked hears why it failed.
        if (isThere()) void request(target(LEAVE, room), {}, () => {});
        throw error;
      }),
    );
  }

  function takeOut(room: string): boolean {
    wantedRooms.delete(room);
    return joined.delete(room);
  }

  async function exit(room: string, circumstances: Circumstances): Promise<void> {
    if (takeOut(room)) await tellLeft(room, circumstances);
  }

  async function tellLeft(room: string, circumstances: Circumstances): Promise<void> {
    await tell(LEAVE, { ...circumstances, room });
    await tell(LEFT, { ...circumstances, room });
  }

  async function end(circumstances: Circumstances): Promise<void> {
    if (isThere() && connected.delete(name)) await tellEnd(circumstances);
  }

  async function tellEnd(circumstances: Circumstances): Promise<void> {
    for (const room of joined.keys()) await exit(room, { ...circumstances, isForced: true });
    isGone = true;
    for (const { end } of hearings) end?.();
    hearings.clear();
    await tell(DISCONNECT, circumstances);
  }

  function listen(hearing: Hearing): () => void {
    if (!isGone) hearings.add(hearing);
    return () => void hearings.delete(hearing);
  }

  function on(event: string, listener: Listener): () => void;
  function on(event: string, options?: StreamOptions): AsyncIterableIterator<ClientMessage, undefined>;
  function on(
    event: string,
    by?: Listener | StreamOptions,
  ): (() => void) | AsyncIterableIterator<ClientMessage, undefined> {
    if (typeof by === 'function') return listen({ event, listener: by });
    return messageStream((listener, end) => listen({ event, listener, end }), by, isGone);
  }

  const ns: DialledNSConn = {
    conn,
    on,
    namespace: name,
    get rooms() {
      return [...joined.values()];
    },
    room: (room) => joined.get(room),
    emit: (event, body) => {
      refuseReserved(event);
      if (isThere()) core.emit(target(event), body);
    },
    ask: (event, body, wait) =>
      quiet(async () => {
        check();
        refuseReserved(event);
        // A bare acknowledgement says that the handler has returned nothing: no text, and not an empty one either.
        return await request(
          target(event),
          wait,
          (answer) => readMessage({ ...answer, wait: '', json: answer.json || !answer.event }),
          toPayload(body),
        );
      }),
    joinRoom: (room, wait) =>
      quiet(async () => {
        check();
        return there(room) ?? (await share(underWay, target(JOIN, room), wait, (ask) => join(room, ask)));
      }),
    leaveAll: (wait) =>
      quiet(async () => {
        await Promise.all(ns.rooms.map((room) => room.leave(wait)));
      }),
    disconnect: (wait) =>
      quiet(async () => {
        check();
        await share(underWay, target(DISCONNECT), wait, (ask) => ask(() => run(() => end(LOCAL))));
      }),
  };

  const self: Namespace = {
    ns,
    ending: () => answerOf(DISCONNECT),
    wanted: undefined,
    fire,
    tell,
    enter,
    exit,
    end,
    async hear(message) {
      const { event, wait } = message;
      const listeners = [...hearings].filter((hearing) => hearing.event === event).map(({ listener }) => listener);
      const own = handlers.get(event);
      if (own) listeners.unshift(own);
      const any = handlers.get(ANY);
      if (!listeners.length && any) listeners.push(any);
      // An ask is always answered. An emit is not: two ends must not answer each other for ever.
      if (wait && (isGone || !listeners.length)) throw new PublicError(isGone ? 'bad namespace' : 'bad event');
      const msg = readMessage(message);
      let answer: unknown;
      const errors: unknown[] = [];
      for (const listener of isGone ? [] : listeners) {
        try {
          const result = await core.call(listener, msg, ns);
          if (answer === undefined) answer = result;
        } catch (error) {
          errors.push(error);
        }
      }
      if (!errors.length) return answer;
      for (const error of errors.slice(1)) core.report(error, message);
      throw errors[0];
    },
    async install(circumstances) {
      const there = connected.get(name);
      if (there) {
        there.wanted ??= self.wanted;
        return there;
      }
      connected.set(name, self);
      core.arrived(name);
      await run(() => tell(CONNECTED, circumstances));
      return self;
    },
    lose(isFinal) {
      if (isFinal || !self.wanted) {
        connected.delete(name);
        return [() => tellEnd(FORCED)];
      }
      const lost = [...joined.keys()].filter((room) => !wantedRooms.has(room) && takeOut(room));
      return lost.map((room) => () => tellLeft(room, FORCED));
    },
    async restore(tellings) {
      const { epoch } = core;
      const again = async (room?: string): Promise<void> => {
        const isRoom = room !== undefined;
        const asked = target(isRoom ? JOIN : CONNECT, room);
        try {
          await request(asked, {}, () => {}, isRoom ? undefined : self.wanted, true);
          tellings.push(
            () =>
              epoch === core.epoch &&
              isThere() &&
              tell(isRoom ? JOINED : CONNECTED, { ...AGAIN, room: asked.room ?? '' }),
          );
        } catch (error) {
          if (epoch !== core.epoch) return; // lost once more: it is asked for the next time
          if (!(error instanceof RemoteError)) return core.giveUp('not restored');
          core.report(error, asked);
          // Unless the server has taken it meanwhile, which is told of already.
          if (isRoom ? takeOut(room) : isThere() && connected.delete(name)) {
            tellings.push(() => (isRoom ? tellLeft(room, FORCED) : tellEnd(FORCED)));
          }
        }
      };
      await again();
      if (isThere()) await Promise.all(Array.from(joined.keys(), again));
    },
  };
  return self;
}

/** @throws {EVENT_RESERVED} */
function refuseReserved(event: string): void {
  if (isReserved(event)) throw new WsError('EVENT_RESERVED', { event });
}
