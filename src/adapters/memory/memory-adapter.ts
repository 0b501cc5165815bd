import type { Adapter, Envelope } from '../../ports/adapter.js';

interface Peer {
  readonly namespaces: Set<string>;
  deliver(envelope: Envelope): void;
}

/** Where servers of one process meet. */
export class MemoryBus {
  readonly #peers = new Map<string, Peer>();

  join(serverId: string, peer: Peer): void {
    this.#peers.set(serverId, peer);
  }

  leave(serverId: string): void {
    this.#peers.delete(serverId);
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
  readonly #namespaces = new Set<string>();
  #serverId: string | undefined;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  async start(serverId: string, deliver: (envelope: Envelope) => void): Promise<void> {
    this.#serverId = serverId;
    this.#bus.join(serverId, { namespaces: this.#namespaces, deliver });
  }

  subscribe(namespace: string): void {
    this.#namespaces.add(namespace);
  }

  unsubscribe(namespace: string): void {
    this.#namespaces.delete(namespace);
  }

  publish(envelope: Envelope): void {
    if (this.#serverId === undefined) return;
    if (envelope.kind === 'result') return this.#bus.peer(envelope.to)?.deliver(envelope);
    for (const peer of this.#bus.others(this.#serverId)) {
      if (envelope.kind === 'query' || peer.namespaces.has(envelope.target.namespace)) peer.deliver(envelope);
    }
  }

  countPeers(): number {
    return this.#serverId === undefined ? 0 : [...this.#bus.others(this.#serverId)].length;
  }

  async stop(): Promise<void> {
    if (this.#serverId !== undefined) this.#bus.leave(this.#serverId);
    this.#serverId = undefined;
  }
}

/** An adapter for servers of one process that share `bus`. */
export function memoryAdapter(bus: MemoryBus): Adapter {
  return new MemoryAdapter(bus);
}
