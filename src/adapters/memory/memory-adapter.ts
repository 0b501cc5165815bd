import { WsError } from '../../errors.js';
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
  /** What is to be told: one thing after the other, also where who is told has something to say. */
  readonly #tasks: (() => void)[] = [];
  #isTelling = false;

  join(peer: Peer): void {
    this.#peers.set(peer.host.serverId, peer);
  }

  leave(serverId: string): void {
    this.#peers.delete(serverId);
    this.tell(() => {
      for (const { host } of this.others(serverId)) host.peerLeft(serverId);
    });
  }

  /** Within this call; after what is being told, where that has led to it. */
  tell(task: () => void): void {
    this.#tasks.push(task);
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let next = this.#tasks.shift(); next; next = this.#tasks.shift()) next();
    } finally {
      this.#isTelling = false;
    }
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
  #topics = new Set<string>();
  #host: AdapterHost | undefined;

  constructor(bus: MemoryBus) {
    this.#bus = bus;
  }

  /** @throws {ADAPTER_IN_USE} */
  async start(host: AdapterHost): Promise<void> {
    if (this.#host) throw new WsError('ADAPTER_IN_USE', {});
    this.#host = host;
    this.#topics = new Set();
    this.#bus.join({ host, topics: this.#topics });
  }

  subscribe(topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.add(keyOf(topic));
  }

  unsubscribe(topics: readonly Topic[]): void {
    for (const topic of topics) this.#topics.delete(keyOf(topic));
  }

  /** @throws {ADAPTER_DOWN} for what is broadcast before `start` and after `stop` */
  publish(envelope: Envelope): void {
    if (!this.#host) {
      const isForMany = envelope.kind === 'broadcast' || envelope.kind === 'event';
      if (isForMany) throw new WsError('ADAPTER_DOWN', { broker: 'the MemoryBus' });
      return;
    }
    const { serverId } = this.#host;
    this.#bus.tell(() => this.#deliver(serverId, envelope));
  }

  peers(): readonly string[] {
    return this.#host ? Array.from(this.#bus.others(this.#host.serverId), ({ host }) => host.serverId) : [];
  }

  async stop(): Promise<void> {
    if (this.#host) this.#bus.leave(this.#host.serverId);
    this.#host = undefined;
  }

  #deliver(serverId: string, envelope: Envelope): void {
    if (envelope.kind === 'result') return this.#bus.peer(envelope.to)?.host.deliver(envelope);
    const key = envelope.kind === 'broadcast' ? keyOf(topicOf(envelope.target)) : undefined;
    for (const { host, topics } of this.#bus.others(serverId)) {
      if (key === undefined || topics.has(key)) host.deliver(envelope);
    }
  }
}

/** An adapter for servers of one process that share `bus`. */
export function memoryAdapter(bus: MemoryBus): Adapter {
  return new MemoryAdapter(bus);
}
