import type { LiveConn } from '../core/live-conn.js';
import type { NSConn } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';

interface NamespaceIndex {
  readonly members: Set<NSConn>;
  readonly rooms: Index<NSConn>;
}

/** Those of a name: where there is one alone it stands for itself, for a set takes more memory than many a connection's room. */
type Index<T extends object> = Map<string, T | Set<T>>;

const NOBODY: ReadonlySet<never> = new Set<never>();

/**
 * Who is here, by id, namespace and room. Finding the receivers of a message costs as many steps as there are
 * receivers, however many others are connected. What becomes empty is removed.
 */
export class Registry {
  readonly #conns = new Set<LiveConn>();
  /** Made when somebody is first looked for by id: most servers speak to rooms. */
  #byId: Index<LiveConn> | undefined;
  readonly #namespaces = new Map<string, NamespaceIndex>();

  get size(): number {
    return this.#conns.size;
  }

  /** A snapshot, equal ids apart. */
  connections(): LiveConn[] {
    return [...this.#conns];
  }

  byId(id: string): LiveConn[] {
    return [...itemsOf(this.#indexById(), id)];
  }

  add(conn: LiveConn): void {
    this.#conns.add(conn);
    if (this.#byId) addTo(this.#byId, conn.id, conn);
  }

  remove(conn: LiveConn): void {
    this.#conns.delete(conn);
    if (this.#byId) removeFrom(this.#byId, conn.id, conn);
  }

  connected(ns: NSConn): void {
    const index = this.#namespaces.get(ns.namespace) ?? { members: new Set(), rooms: new Map() };
    index.members.add(ns);
    this.#namespaces.set(ns.namespace, index);
  }

  /** @returns whether it was there */
  disconnected(ns: NSConn): boolean {
    const index = this.#namespaces.get(ns.namespace);
    if (!index?.members.delete(ns)) return false;
    for (const room of ns.rooms) removeFrom(index.rooms, room.name, ns);
    if (index.members.size === 0) this.#namespaces.delete(ns.namespace);
    return true;
  }

  joined(ns: NSConn, room: string): void {
    const index = this.#namespaces.get(ns.namespace);
    if (index?.members.has(ns)) addTo(index.rooms, room, ns);
  }

  left(ns: NSConn, room: string): void {
    const index = this.#namespaces.get(ns.namespace);
    if (index) removeFrom(index.rooms, room, ns);
  }

  /** The namespaces somebody is connected to, and their rooms. */
  namespaces(): string[] {
    return [...this.#namespaces.keys()];
  }

  rooms(namespace: string): string[] {
    return [...(this.#namespaces.get(namespace)?.rooms.keys() ?? [])];
  }

  /** Everybody who is meant by a target, each once. */
  receivers(target: Target): Iterable<NSConn> {
    const candidates = this.#candidates(target);
    // Walked as it is where nobody is left out: a generator would hand on each of them one by one.
    return target.exceptKeys.length + target.exceptIds.length === 0 ? candidates : without(candidates, target);
  }

  /** Starts from the smallest set that the target names. */
  #candidates({ namespace, rooms, ids }: Target): Iterable<NSConn> {
    const index = this.#namespaces.get(namespace);
    if (!index) return NOBODY;
    if (ids.length > 0) return this.#withIds(namespace, rooms, ids);
    const [room] = rooms;
    if (room === undefined) return index.members;
    if (rooms.length === 1) return itemsOf(index.rooms, room);
    return new Set(rooms.flatMap((name) => [...itemsOf(index.rooms, name)]));
  }

  #indexById(): Index<LiveConn> {
    if (!this.#byId) {
      this.#byId = new Map();
      for (const conn of this.#conns) addTo(this.#byId, conn.id, conn);
    }
    return this.#byId;
  }

  *#withIds(namespace: string, rooms: readonly string[], ids: readonly string[]): Generator<NSConn> {
    for (const id of new Set(ids)) {
      for (const conn of itemsOf(this.#indexById(), id)) {
        const ns = conn.namespace(namespace);
        if (ns && (rooms.length === 0 || rooms.some((room) => ns.room(room)))) yield ns;
      }
    }
  }
}

function* without(candidates: Iterable<NSConn>, { exceptKeys, exceptIds }: Target): Generator<NSConn> {
  for (const ns of candidates) {
    const { id, key } = ns.conn;
    if (!exceptKeys.includes(key) && !exceptIds.includes(id)) yield ns;
  }
}

function addTo<T extends object>(index: Index<T>, name: string, item: T): void {
  const there = index.get(name);
  if (there instanceof Set) there.add(item);
  else if (there === undefined) index.set(name, item);
  else if (there !== item) index.set(name, new Set([there, item]));
}

function removeFrom<T extends object>(index: Index<T>, name: string, item: T): void {
  const there = index.get(name);
  if (there === item) index.delete(name);
  else if (there instanceof Set && there.delete(item) && there.size === 0) index.delete(name);
}

function itemsOf<T extends object>(index: Index<T>, name: string): Iterable<T> {
  const there = index.get(name);
  if (there === undefined) return NOBODY;
  return there instanceof Set ? there : [there];
}
