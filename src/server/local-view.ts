import type { Member } from '../ports/adapter.js';
import type { Conn } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';
import { everybodyIn } from './live-broadcast-target.js';
import type { LocalHub } from './local-hub.js';
import type { Registry } from './registry.js';

/** What of a namespace is meant: one room, one public id, or all. */
export interface LocalQuery {
  readonly namespace: string;
  readonly room?: string;
  readonly to?: string;
}

/** What is on this one server: answered at once, and silent about the others of a cluster. */
export class LocalView {
  readonly #registry: Registry;
  readonly #hub: LocalHub;

  constructor(registry: Registry, hub: LocalHub) {
    this.#registry = registry;
    this.#hub = hub;
  }

  /** How many connections there are. */
  get size(): number {
    return this.#registry.size;
  }

  /** The namespaces that somebody is connected to. */
  get namespaces(): readonly string[] {
    return this.#registry.namespaces();
  }

  /** The rooms that somebody has joined. */
  rooms(namespace: string): readonly string[] {
    return this.#registry.rooms(namespace);
  }

  /** The connections with this public id. */
  withId(id: string): readonly Conn[] {
    return this.#registry.byId(id);
  }

  connectionsOf(namespace: string): readonly Conn[] {
    return Array.from(this.#registry.receivers(everybodyIn(namespace)), (ns) => ns.conn);
  }

  count(query: LocalQuery): number {
    return this.#hub.countHere(targetOf(query));
  }

  members(query: LocalQuery): readonly Member[] {
    return this.#hub.membersHere(targetOf(query));
  }
}

/** The target that a query in neffos's form means. */
export function targetOf({ namespace, room, to }: LocalQuery): Target {
  return {
    ...everybodyIn(namespace),
    ...(room !== undefined && { rooms: [room] }),
    ...(to !== undefined && { ids: [to] }),
  };
}
