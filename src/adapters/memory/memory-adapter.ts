import type { Adapter, AdapterHost, Envelope } from '../../ports/adapter.js';
import { keyOf, type Topic, topicOf } from '../../ports/topic.js';

interface Peer {
  readonly host: AdapterHost;
  /** The keys of its topics. */
  readonly topics: ReadonlySet<string>;
}

/** Where servers of one process meet. */
export class MemoryBus {
  readonly #peers = new Map<string, Peer>();

  join(peer: Peer): void {
    this.#peers.set(peer.host.serverId, peer);
  }

  leave(serverId: string): void {
    this.#peers.delete(serverId);
    for (const { host } of this.others(serverId)) host.peerLeft(serverId);
  }

  /** All but one. Who leaves while this is read does not come any more. */
  *others(serverId: string): Generator<Peer> {
    for (const [id, peer] of this.#peers) if (id !== serverId) yield peer;
  }

  peer(serverId: string): Peer | undefined {
    return this.#peers.get(serverId);
  }
}

/**
 * Connects several servers of one process: two mounts that serve the same application, or a test of several servers.
 * Delivers within the turn of the publisher.
 */
export class MemoryAdapter implements Adapter {
  readonly #bus: MemoryBus;
  readonly #topics = new Set<string>();
  #host: AdapterHost | undefined;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  async start(host: AdapterHost): Promise<void> {
    this.#host = host;
    this.#bus.join({ host, topics: this.#topics });
  }

  subscribe(topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.add(keyOf(topic));
  }

  unsubscribe(topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.delete(keyOf(topic));
  }

  publish(envelope: Envelope): void {
    if (!this.#host) return;
    const { serverId } = this.#host;
    if (envelope.kind === 'result') return this.#bus.peer(envelope.to)?.host.deliver(envelope);
    const key = envelope.kind === 'broadcast' ? keyOf(topicOf(envelope.target)) : undefined;
    for (const { host, topics } of this.#bus.others(serverId)) {
      if (key === undefined || topics.has(key)) host.deliver(envelope);
    }
  }

  peers(): readonly string[] {
    return this.#host ? Array.from(this.#bus.others(this.#host.serverId), ({ host }) => host.serverId) : [];
  }

  async stop(): Promise<void> {
    if (this.#host) this.#bus.leave(this.#host.serverId);
    this.#host = undefined;
  }
}

/** An adapter for servers of one process that share `bus`. */
export function memoryAdapter(bus: MemoryBus): Adapter {
  return new MemoryAdapter(bus);
}
