import type { Broker, BrokerSession, Packet, SessionEvents } from '../broker/broker.js';

/** A broker for several parts of one adapter, which share each session and end it for each other. */
export class SharedBroker {
  readonly #broker: Broker;
  #life: Life | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** The broker as one part sees it. */
  share(): Broker {
    let last: Life | undefined;
    return {
      name: this.#broker.name,
      connect: async (events) => {
        // Who comes back has given up the session that it had, or has waited for in vain.
        if (this.#life === last) this.#life = undefined;
        this.#life ??= new Life(this.#broker);
        last = this.#life;
        return await last.join(events);
      },
    };
  }
}

/** One session, and the parts that use it. */
class Life {
  readonly #views = new Set<View>();
  readonly #opening: Promise<BrokerSession>;
  #end: { readonly cause: unknown } | undefined;

  constructor(broker: Broker) {
    this.#opening = broker.connect({
      onMessage: (channel, bytes) => {
        for (const view of this.#views) if (view.channels.has(channel)) view.events.onMessage(channel, bytes);
      },
      onEnd: (cause) => this.end(cause),
    });
  }

  async join(events: SessionEvents): Promise<BrokerSession> {
    const session = await this.#opening;
    if (this.#end) throw this.#end.cause;
    const view = new View(this, session, events);
    this.#views.add(view);
    return view;
  }

  /** @param by who has ended it, and is not told */
  end(cause: unknown, by?: View): void {
    if (this.#end) return;
    this.#end = { cause };
    for (const view of this.#views) if (view !== by) view.events.onEnd(cause);
  }
}

/** A session as one part uses it. No two parts have a channel in common. */
class View implements BrokerSession {
  readonly channels = new Set<string>();
  readonly events: SessionEvents;
  readonly #life: Life;
  readonly #session: BrokerSession;

  constructor(life: Life, session: BrokerSession, events: SessionEvents) {
    this.#life = life;
    this.#session = session;
    this.events = events;
  }

  get maxPacketBytes(): number {
    return this.#session.maxPacketBytes ?? Number.POSITIVE_INFINITY;
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.channels.add(channel);
    await this.#session.subscribe(channels);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) this.channels.delete(channel);
    await this.#session.unsubscribe(channels);
  }

  publish(packets: readonly Packet[]): Promise<void> {
    return this.#session.publish(packets);
  }

  ping(): Promise<void> {
    return this.#session.ping();
  }

  close(): void {
    this.#session.close();
    this.#life.end(new Error('another part of the adapter has given up the session'), this);
  }
}
