import { type Call, callAll } from './call-all.js';
import type { ClientMessage } from './client-message.js';
import type { Core } from './core.js';
import type { DialledNSConn, DialledRoom, Listener } from './dialled.js';
import { check, createGroup, type Group, type Part, ROOMS, type Tools } from './group.js';
import { ANY, wireNameOf } from './lifecycle.js';
import { messageStream, type StreamOptions } from './message-stream.js';
import { quiet } from './quiet.js';
import { readMessage } from './read-message.js';

/** What makes a member of a namespace a room. */
export type RoomPart = Part<DialledRoom>;

/** What makes a member of a connection a namespace. */
export interface NamespacePart extends Part<DialledNSConn> {
  readonly rooms: Group<RoomPart>;
  /** By which those who hear an event are called, in the order in which they began to; nothing once the namespace has ended. */
  callsOf(event: string): readonly Call[] | undefined;
}

/** Somebody who listens to one event. */
interface Hearing {
  readonly event: string;
  readonly listener: Listener;
  readonly end: (() => void) | undefined;
}

/** Makes what a namespace has beside being a member of its connection: its rooms, and who listens. */
export function makeNamespace(core: Core, name: string, tools: Tools): NamespacePart {
  const hearings = new Set<Hearing>();
  let isGone = false;

  const hearersOf = (name: string): Call[] =>
    [...hearings]
      .filter((hearing) => hearing.event === name)
      .map(
        ({ listener }) =>
          (msg) =>
            core.call(listener, msg, ns),
      );

  const fire: Part['fire'] = (about) => callAll(core, hearersOf(about.event), about);

  const rooms = createGroup<RoomPart>(core, ROOMS, tools.trouble, (room, { emit, leave }) => ({
    place: { namespace: name, room },
    fire,
    face: { name: room, emit, leave },
  }));

  function listen(event: string, listener: Listener, end?: () => void): () => void {
    const hearing = { event: wireNameOf(event), listener, end };
    hearings.add(hearing);
    return () => void hearings.delete(hearing);
  }

  function on(event: string, listener: Listener): () => void;
  function on(event: string, options?: StreamOptions): AsyncIterableIterator<ClientMessage, undefined>;
  function on(
    event: string,
    by?: Listener | StreamOptions,
  ): (() => void) | AsyncIterableIterator<ClientMessage, undefined> {
    if (typeof by === 'function') return listen(event, by);
    return messageStream((listener, end) => listen(event, listener, end), by, isGone);
  }

  const ns: DialledNSConn = {
    conn: core.conn,
    namespace: name,
    on,
    emit: tools.emit,
    disconnect: tools.leave,
    get rooms() {
      return rooms.list();
    },
    room: rooms.get,
    ask: (event, body, wait) =>
      core.ask(
        { event },
        wait,
        (ask) => {
          check(tools.trouble);
          tools.say(event, body, ask);
        },
        // A bare acknowledgement says that the handler has returned nothing: no text, and not an empty one either.
        (answer) => readMessage({ ...answer, wait: '', json: answer.json || !answer.event }),
      ),
    joinRoom: (room, wait) => rooms.enter(room, '', wait),
    leaveAll: (wait) =>
      quiet(async () => {
        await Promise.all(ns.rooms.map((room) => room.leave(wait)));
      }),
  };

  for (const [event, listener] of Object.entries(core.handlers.get(name) ?? {})) if (listener) listen(event, listener);
  return {
    place: { namespace: name },
    face: ns,
    rooms,
    fire,
    ended(untold) {
      isGone = true;
      for (const { event, end } of hearings) event === untold || end?.();
    },
    callsOf(event) {
      const calls = hearersOf(event);
      return isGone ? undefined : calls.length ? calls : hearersOf(ANY);
    },
  };
}
