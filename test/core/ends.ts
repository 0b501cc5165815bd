import { afterEach, beforeEach, expect } from 'vitest';
import { type EventHandlers, type Namespaces, readEventMaps } from '../../src/core/event-maps.js';
import { LiveConn } from '../../src/core/live-conn.js';
import type { ConnSettings } from '../../src/core/settings.js';
import { buildTable } from '../../src/core/table-builder.js';
import type { NSConn } from '../../src/ports/conn.js';
import type { Hub, Target } from '../../src/ports/hub.js';
import type { Random } from '../../src/ports/random.js';
import type { FrameSink, OutgoingFrame, SocketListener } from '../../src/ports/socket.js';
import { type ConnLimits, DEFAULT_CONN_LIMITS } from '../../src/protocol/limits.js';
import type { FrameData } from '../../src/protocol/message.js';
import { NativeWire, NeffosWire } from '../../src/protocol/wires.js';
import { Counters } from '../../src/server/counters.js';
import { ManualClock } from '../support/manual-clock.js';
import { MemorySocket } from '../support/memory-socket.js';
import { MemoryLog, settle } from '../support/test-server.js';

/** Tokens 1, 2, 3 …: a server asks with `n1`, a client with `$1`. */
export class CountingRandom implements Random {
  #last = 0;
  token = (): string => String(++this.#last);
  uuid = (): string => `uuid-${++this.#last}`;
  fraction = (): number => 0.5;
}

/** What a connection tells of itself to those who know the others. */
export class MemoryHub implements Hub {
  readonly members = new Set<NSConn>();
  readonly rooms: string[] = [];
  readonly calls: string[] = [];
  readonly broadcasts: { target: Target; event: string; body: unknown }[] = [];
  onEnter: (namespace: string) => void | Promise<void> = () => {};

  enter(namespace: string): void | Promise<void> {
    this.calls.push(`enter ${namespace}`);
    return this.onEnter(namespace);
  }

  abandon(namespace: string): void {
    this.calls.push(`abandon ${namespace}`);
  }

  connected(ns: NSConn): void {
    this.calls.push(`connected ${ns.namespace}`);
    this.members.add(ns);
  }

  disconnected(ns: NSConn): void {
    if (this.members.delete(ns)) this.calls.push(`disconnected ${ns.namespace}`);
  }

  onEnterRoom: (room: string) => undefined | Promise<void> = () => undefined;

  enterRoom(_: NSConn, room: string): undefined | Promise<void> {
    return this.onEnterRoom(room);
  }

  abandonRoom(_: NSConn, room: string): void {
    this.calls.push(`abandon room ${room}`);
  }

  joined(_: NSConn, room: string): void {
    this.rooms.push(room);
  }

  left(_: NSConn, room: string): void {
    this.rooms.splice(this.rooms.indexOf(room), 1);
  }

  ended(conn: { readonly namespaces: readonly NSConn[] }): void {
    for (const ns of conn.namespaces) this.disconnected(ns);
    this.calls.push('ended');
  }

  broadcast(target: Target, event: string, body: unknown): void {
    this.broadcasts.push({ target, event, body });
  }
}

/** A socket whose frames go into one list with the events: `> came`, `< went`. */
class HistorySocket extends MemorySocket {
  constructor(
    readonly history: string[],
    readonly isGone: boolean,
  ) {
    super();
  }

  override listen(listener: SocketListener): FrameSink {
    super.listen(listener);
    if (this.isGone) this.terminate();
    return this;
  }

  override send(frame: OutgoingFrame): boolean {
    if (this.isOpen) this.history.push(`< ${shown(frame.data)}`);
    return super.send(frame);
  }

  override receive(...frames: FrameData[]): void {
    for (const frame of frames) this.history.push(`> ${shown(frame)}`);
    super.receive(...frames);
  }

  override close(code: number, reason: string): void {
    if (this.isOpen) this.history.push(`close ${code} ${reason}`.trim());
    super.close(code, reason);
  }
}

const shown = (data: FrameData): string => (typeof data === 'string' ? data : `bytes ${Buffer.from(data).toString()}`);

/** Handlers that write every lifecycle event down, then do what is given. */
export function recording(history: string[], then: EventHandlers = {}): EventHandlers {
  const names = ['NamespaceConnect', 'NamespaceConnected', 'NamespaceDisconnect'];
  names.push('RoomJoin', 'RoomJoined', 'RoomLeave', 'RoomLeft');
  const handlers: Record<string, EventHandlers[string]> = { ...then };
  for (const name of names) {
    handlers[`on${name}`] = (msg, ns) => {
      const place = msg.room === '' ? '' : ` ${msg.room}`;
      history.push(`On${name}${place}${msg.isLocal ? ' local' : ''}${msg.isForced ? ' forced' : ''}`);
      return then[`on${name}`]?.(msg, ns);
    };
  }
  return handlers;
}

export interface EndOptions extends Partial<Omit<ConnSettings, 'limits' | 'side'>> {
  readonly limits?: Partial<ConnLimits>;
  readonly native?: 'only';
  readonly id?: string;
  /** The socket has closed before anybody listens to it. */
  readonly isGone?: boolean;
  /** What the parts of a table without maps would be: controllers. */
  readonly table?: ConnSettings['table'];
}

export interface End {
  readonly conn: LiveConn;
  readonly socket: MemorySocket;
  readonly clock: ManualClock;
  readonly counters: Counters;
  readonly log: MemoryLog;
  readonly hub: MemoryHub;
  /** Frames, and what handlers made with {@link recording} have written. */
  readonly history: string[];
  /** What was reported, with the place. */
  readonly errors: { error: unknown; event: string; id: string }[];
}

/** One end of a connection, begun. Its peer is the test. */
export function end(
  side: 'server' | 'client',
  namespaces: Namespaces | ((history: string[]) => Namespaces),
  { limits, native, id = 'id1', isGone = false, ...settings }: EndOptions = {},
): End {
  const history: string[] = [];
  const socket = new HistorySocket(history, isGone);
  const [clock, counters, log, hub] = [new ManualClock(), new Counters(), new MemoryLog(), new MemoryHub()];
  const errors: End['errors'] = [];
  const table =
    settings.table ?? buildTable(readEventMaps(typeof namespaces === 'function' ? namespaces(history) : namespaces));
  const all = { ...DEFAULT_CONN_LIMITS, ...limits };
  const wire =
    native === 'only' ? new NativeWire() : new NeffosWire({ ...all, allowNative: table.get('')?.native !== undefined });
  const conn = new LiveConn(
    {
      side,
      wire,
      limits: all,
      askTimeoutMs: 10_000,
      handlerTimeoutMs: 30_000,
      connectGapMs: 0,
      scheduler: clock,
      random: new CountingRandom(),
      metrics: counters,
      onError: (error, { event, id: errorId }) => void errors.push({ error, event, id: errorId }),
      ...(side === 'server' && { hub }),
      ...settings,
      table,
    },
    socket,
    {
      random: { uuid: () => 'key1' },
      arrival: { id: side === 'server' ? id : '', request: {} as never, user: undefined, log, reconnectTries: 0 },
    },
  );
  conn.start();
  return { conn, socket, clock, counters, log, hub, history, errors };
}

/** An end whose handshake is done, and forgotten. */
export function openEnd(...args: Parameters<typeof end>): End {
  const opened = end(...args);
  if (args[2]?.native !== 'only') opened.socket.receive(args[0] === 'server' ? 'M' : 'Aid1');
  opened.socket.sent.length = 0;
  opened.history.length = 0;
  return opened;
}

/** An end whose peer has connected to the namespace `default`: by its own wish where this end is a server. */
export async function connectedEnd(...args: Parameters<typeof end>): Promise<End & { ns: NSConn }> {
  const opened = openEnd(...args);
  opened.socket.receive(`${args[0] === 'server' ? '$c' : 'nc'};default;;_OnNamespaceConnect;0;0;`);
  await settle();
  const ns = opened.conn.namespace('default');
  if (!ns) throw new Error('the namespace was refused');
  opened.socket.sent.length = 0;
  opened.history.length = 0;
  opened.hub.calls.length = 0;
  return { ...opened, ns };
}

/** A promise and the functions that settle it. */
export function deferred<T = void>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((res, rej) => {
    resolve = res;
    reject = rej;
  });
  return { promise, resolve, reject };
}

/** Lets no promise be rejected without anybody hearing of it, in any test of the file. */
export function guardRejections(): void {
  const unheard: unknown[] = [];
  const hear = (error: unknown): void => void unheard.push(error);
  beforeEach(() => {
    process.on('unhandledRejection', hear);
  });
  afterEach(async () => {
    await settle();
    await settle();
    process.off('unhandledRejection', hear);
    expect(unheard.splice(0)).toEqual([]);
  });
}
