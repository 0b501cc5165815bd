import { parseJson, toPayload } from '../core/body.js';
import type { BroadcastContent } from '../ports/adapter.js';
import type { ClusterState, ClusterView, ServerEvent } from '../ports/cluster.js';
import type { Logger } from '../ports/logger.js';
import type { Cluster } from './cluster.js';

type Listener = (event: ServerEvent) => unknown;

/** What an application sees of its other servers. */
export class LiveClusterView implements ClusterView {
  readonly serverId: string;
  readonly #cluster: Cluster | undefined;
  readonly #log: Logger;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(serverId: string, cluster: Cluster | undefined, log: Logger) {
    this.serverId = serverId;
    this.#cluster = cluster;
    this.#log = log;
  }

  get state(): ClusterState {
    return this.#cluster?.state ?? 'alone';
  }

  get peers(): readonly string[] {
    return this.#cluster?.peers ?? [];
  }

  emit(event: string, body?: unknown): void {
    const payload = toPayload(body);
    this.#cluster?.emit({ event, ...payload });
  }

  on(event: string, listener: Listener): () => void {
    // A function of its own: the same listener may be given twice, and each ends for itself.
    const own: Listener = (heard) => listener(heard);
    const listeners = this.#listeners.get(event) ?? new Set();
    listeners.add(own);
    this.#listeners.set(event, listeners);
    return () => {
      if (listeners.delete(own) && listeners.size === 0) this.#listeners.delete(event);
    };
  }

  /** Another server has emitted an event to this one. */
  hear(from: string, { event, body }: BroadcastContent): void {
    const heard: ServerEvent = { from, event, body, json: () => parseJson(event, body) };
    for (const listener of [...(this.#listeners.get(event) ?? [])]) void this.#tell(listener, heard);
  }

  async #tell(listener: Listener, heard: ServerEvent): Promise<void> {
    try {
      await listener(heard);
    } catch (err) {
      this.#log.error({ err, event: heard.event, from: heard.from }, 'a listener to an event of another server failed');
    }
  }
}
