import type { WaitOptions } from '../ports/conn.js';
import { RemoteError, WsError } from './client-errors.js';
import type { About, Core, Telling } from './core.js';
import { CONNECT, CONNECTED, DISCONNECT, isReserved, JOIN, JOINED, LEAVE, LEFT } from './lifecycle.js';
import type { Ask, UnderWay } from './outbox.js';
import { quiet } from './quiet.js';
import type { Circumstances } from './read-message.js';
import { type Incoming, NOTHING, type Payload, type Target, toPayload } from './wire.js';

/** What this side has asked for itself; what it asks for again; and what ends because something larger ended. */
const LOCAL: Circumstances = { isLocal: true };
const AGAIN: Circumstances = { isLocal: true, isRestored: true };
const FORCED: Circumstances = { isLocal: true, isForced: true };

/**
 * How a membership begins and ends: the event that asks for it and may be refused; that which tells of it; the error where there is
 * none; the event that asks for its end, and tells of it; and that which tells of it afterwards.
 */
type Procedure = readonly [
  asking: string,
  taken: string,
  missing: 'NAMESPACE_NOT_CONNECTED' | 'ROOM_NOT_JOINED',
  ending: string,
  ended?: string,
];

/** How namespaces are connected and disconnected. */
export const NAMESPACES: Procedure = [CONNECT, CONNECTED, 'NAMESPACE_NOT_CONNECTED', DISCONNECT];
/** How rooms are joined and left. */
export const ROOMS: Procedure = [JOIN, JOINED, 'ROOM_NOT_JOINED', LEAVE, LEFT];

/** What makes a member one of its kind. */
export interface Part<Face = unknown> {
  /** As the page sees it. */
  readonly face: Face;
  readonly place: { readonly namespace: string; readonly room?: string };
  /** Its own members. */
  readonly rooms?: { readonly members: ReadonlyMap<string, Member> };
  /** Calls the handler of a lifecycle event. Throws what it throws: the caller knows whether that refuses. */
  fire(about: About & Target): Promise<unknown>;
  /** It has ended, which has been told but for one event. */
  ended?(untold?: string): void;
}

/** What a member can do for whatever makes it one of its kind. */
export interface Tools {
  /** Why nothing can be done with it: it is not there, or what it is a member of is not. */
  trouble(): unknown;
  /** Says an event. @throws {EVENT_RESERVED} {BODY_NOT_SENDABLE}, and what `say` of the outbox throws */
  say(event: string, body: unknown, ask?: Ask): void;
  /** The same, while there is no trouble. */
  emit(event: string, body?: unknown): void;
  leave(wait?: WaitOptions): Promise<void>;
}

/** A namespace of a connection, or a room of a namespace. */
export interface Member {
  /** What asking for it says, each time; nothing where the server has given it, and does so again by itself. */
  wanted: Payload | undefined;
  /** Tells of an event that cannot refuse. */
  tell(event: string, about: About): Promise<unknown>;
  /** Asks the server for it, once `left` has been given up, and takes it as there. Gives what is there. */
  ask(left: unknown, wait?: WaitOptions): Promise<this>;
  /** Takes it as there for the server, if this side does not refuse. */
  admit(message: Incoming, acknowledge: () => void): Promise<void>;
  /** Takes it as gone, and tells of it once. */
  go(circumstances: Circumstances): Promise<void>;
  /** The connection was lost: what ends by that is told of later. */
  lose(isFinal: boolean): void;
  /** Asks for it and its members once more, and adds what is to be told of it. */
  restore(tellings: Telling[]): Promise<void>;
}

/** Members of one kind: the namespaces of a connection, or the rooms of a namespace. */
export interface Group<P extends Part> {
  /** By name: those that are there, and while the connection is lost those that will be again. In order. */
  readonly members: Map<string, Member & P>;
  /** Makes one, which is not there yet. */
  create(name: string, wanted?: Payload): Member & P;
  /** Does what the server asks: lets one in, or go. Rejects where this side refuses; `undefined` for what nobody may ask for. */
  obey(name: string, message: Incoming, acknowledge: () => void): Promise<void> | undefined;
  /** Asks the server for it, saying `body`, or gives what there is. */
  enter(name: string, body: unknown, wait?: WaitOptions): Promise<P['face']>;
  /** Waits until it is there, whoever asks for it. */
  waitFor(name: string, wait?: WaitOptions): Promise<P['face']>;
  /** The one that is there, as the page sees it. */
  get(name: string): P['face'] | undefined;
  /** All that are there, as the page sees them. */
  list(): P['face'][];
}

/**
 * Makes a group without members.
 *
 * @param trouble why none can be asked for
 * @param make gives what makes a member one of its kind
 */
export function createGroup<P extends Part>(
  core: Core,
  [asking, taken, missing, ending, ended]: Procedure,
  trouble: () => unknown,
  make: (name: string, tools: Tools) => P,
): Group<P> {
  const members = new Map<string, Member & P>();
  const get = (name: string): P['face'] | undefined => members.get(name)?.face;
  /** What is being asked for, by its event and name; and what is being given up, by itself. */
  const underWay: UnderWay = new Map();

  function create(name: string, wanted?: Payload): Member & P {
    const isThere = (): boolean => members.get(name) === member;
    const target = (event: string): Target => ({ namespace, room, event });
    const ownTrouble = (): unknown => trouble() || (!isThere() && new WsError(missing, part.place as never)); // both take a place

    /** Lets the handler of this side refuse, unless it is there already. */
    async function approve(about: About): Promise<void> {
      const { loss } = core;
      if (!members.has(name)) await part.fire({ ...about, ...target(asking) });
      if (loss !== core.loss) throw core.loss;
      check(trouble);
    }

    /** Takes it as there, and tells of it once. Gives what is there, where both sides have asked for it. */
    async function arrive(circumstances: Circumstances): Promise<Member & P> {
      const there = members.get(name);
      if (there) {
        there.wanted ??= member.wanted;
        return there;
      }
      members.set(name, member);
      underWay.get(`${taken} ${name}`)?.answer();
      await core.run(() => member.tell(taken, circumstances));
      return member;
    }

    async function tellEnd(circumstances: Circumstances): Promise<void> {
      for (const room of rooms.values()) await room.go({ ...circumstances, isForced: true });
      part.ended?.(ending);
      await member.tell(ending, circumstances);
      part.ended?.();
      if (ended) await member.tell(ended, circumstances);
    }

    function say(event: string, body: unknown, ask?: Ask): void {
      if (isReserved(event)) throw new WsError('EVENT_RESERVED', { event });
      core.say(target(event), toPayload(body), ask);
    }

    const request = (ask: Ask, isFirst?: boolean): void =>
      core.say(target(asking), member.wanted ?? NOTHING, ask, isFirst);

    const askToGo = (wait?: WaitOptions): Promise<void> =>
      core.ask(
        { event: ending, underWay, key: member },
        wait,
        (ask) => core.say(target(ending), NOTHING, ask),
        () => core.run(() => member.go(LOCAL)),
      );

    const part = make(name, {
      trouble: ownTrouble,
      say,
      emit(event, body) {
        if (!ownTrouble()) say(event, body);
      },
      leave: (wait) =>
        quiet(async () => {
          check(ownTrouble);
          await askToGo(wait);
        }),
    });
    const { namespace, room = '' } = part.place;
    const rooms = part.rooms?.members ?? new Map<string, Member>();
    const member: Member & P = {
      ...part,
      wanted,
      tell: (event, about) =>
        part.fire({ ...about, ...target(event) }).catch((error) => core.report(error, target(event))),
      ask: (left, wait) =>
        core.ask(
          { event: asking, underWay, key: `${asking} ${name}` },
          wait,
          async (ask) => {
            // Until the answer, and not until its handlers have run: they may wait for this.
            const leave = underWay.get(left);
            if (leave) await new Promise<void>((resolve) => leave.stops.add(resolve));
            check(trouble);
            if (members.has(name)) return ask.answer();
            if (asking === CONNECT) await approve(LOCAL);
            request(ask);
          },
          () =>
            core.run(async () => {
              const { loss } = core;
              try {
                if (asking === JOIN) await approve(LOCAL);
                return await arrive(LOCAL);
              } catch (error) {
                // The server has let it in, on this connection. Nobody waits for the answer: whoever asked hears why it failed.
                if (loss === core.loss && !trouble()) void askToGo();
                throw error;
              }
            }),
        ),
      async admit(message, acknowledge) {
        await approve({ ...message, wait: '' });
        if (asking === CONNECT) acknowledge();
        await arrive({});
        if (asking === JOIN) acknowledge();
      },
      async go(circumstances) {
        if (isThere() && members.delete(name)) await tellEnd(circumstances);
      },
      lose(isFinal) {
        if (isFinal || !member.wanted) {
          members.delete(name);
          core.push(0, () => tellEnd(FORCED));
        } else for (const room of rooms.values()) room.lose(false);
      },
      async restore(tellings) {
        const { loss } = core;
        try {
          await core.ask(
            { event: asking },
            {},
            (ask) => request(ask, true),
            () => {},
          );
          tellings.push(() => loss === core.loss && isThere() && member.tell(taken, AGAIN));
        } catch (error) {
          if (loss !== core.loss) return; // lost once more: it is asked for the next time
          if (!(error instanceof RemoteError)) return core.giveUp('not restored');
          core.report(error, target(asking));
          // Unless the server has taken it meanwhile, which is told of already.
          if (isThere() && members.delete(name)) tellings.push(() => tellEnd(FORCED));
        }
        if (isThere()) await Promise.all([...rooms.values()].map((room) => room.restore(tellings)));
      },
    };
    return member;
  }

  return {
    members,
    create,
    obey(name, message, acknowledge) {
      if (message.event === asking) return create(name).admit(message, acknowledge);
      if (message.event !== ending) return undefined;
      acknowledge();
      return Promise.resolve(members.get(name)?.go({}));
    },
    waitFor: (name, wait) =>
      core.ask(
        { event: `${taken} ${name}`, underWay },
        wait,
        (ask) => {
          check(trouble);
          if (members.has(name)) return ask.answer();
          ask.isSent = false;
          core.wake();
        },
        () => members.get(name)?.face,
      ),
    get,
    list: () => [...members.values()].map(({ face }) => face),
    enter: (name, body, wait) =>
      quiet(async () => {
        check(trouble);
        const wanted = toPayload(body);
        const there = members.get(name);
        if (!there || underWay.has(there)) return (await create(name, wanted).ask(there, wait)).face;
        there.wanted ??= wanted;
        return there.face;
      }),
  };
}

/** Throws the trouble, if there is one. */
export function check(trouble: () => unknown): void {
  const error = trouble();
  if (error) throw error;
}
