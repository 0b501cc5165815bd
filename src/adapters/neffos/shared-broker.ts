import type { Broker, BrokerSession, Packet, SessionEvents } from '../broker/broker.js';
import { Turns } from '../broker/turns.js';

/** A broker whose sessions are shared: one part of an adapter makes them and ends them, another one uses them as well. */
export class SharedBroker {
  readonly #broker: Broker;
  #current: Life | undefined;
  #onOpen: (() => void) | undefined;
  #opened: Promise<void>;

  constructor(broker: Broker) {
    this.#broker = broker;
    this.#opened = this.#nextOpened();
  }

  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  /** For who makes the sessions. */
  lead(): Broker {
    return { name: this.#broker.name, connect: (events, signal) => this.#open(events, signal) };
  }

  /** For who uses them: connecting waits for one, closing leaves it. */
  follow(): Broker {
    return {
      name: this.#broker.name,
      connect: async (events, signal) => {
        while (!this.#current) await this.#opened;
        if (signal.aborted) throw new Error('nobody waits for it any more');
        return this.#current.join(events);
      },
    };
  }

  async #open(events: SessionEvents, signal: AbortSignal): Promise<BrokerSession> {
    const life = new Life(() => {
      if (this.#current !== life) return;
      this.#current = undefined;
      this.#opened = this.#nextOpened();
    });
    const leader = await life.open(this.#broker, events, signal);
    if (life.isOver) return leader;
    this.#current = life;
    this.#onOpen?.();
    return leader;
  }

  #nextOpened(): Promise<void> {
    return new Promise((resolve) => {
      this.#onOpen = resolve;
    });
  }
}

/** One session, and who uses it. */
class Life {
  readonly #views = new Set<View>();
  readonly #turns = new Turns();
  readonly #onOver: () => void;
  #session: BrokerSession | undefined;
  isOver = false;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  async open(broker: Broker, events: SessionEvents, signal: AbortSignal): Promise<BrokerSession> {
    const shared: SessionEvents = {
      onMessage: (channel, bytes) => {
        for (const view of this.#views) if (view.channels.has(channel)) view.events.onMessage(channel, bytes);
      },
      onEnd: (cause) => {
        events.onEnd(cause);
        this.#end(cause);
      },
    };
    this.#session = await broker.connect(shared, signal);
    const session = this.#session;
    return this.#add(session, events, () => {
      session.close();
      this.#end(new Error('the session was closed'));
    });
  }

  join(events: SessionEvents): BrokerSession {
    if (!this.#session) throw new Error('the session is not open yet');
    const session = this.#session;
    const view = this.#add(session, events, () => {
      this.#views.delete(view);
      // One that has ended has no subscriptions any more.
      if (view.channels.size > 0) session.unsubscribe([...view.channels]).catch(() => {});
    });
    return view;
  }

  #add(session: BrokerSession, events: SessionEvents, close: () => void): View {
    const view = new View({ session, turns: this.#turns }, events, close);
    this.#views.add(view);
    return view;
  }

  /** Who leads knows already. */
  #end(cause: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#onOver();
    const [, ...followers] = this.#views;
    this.#views.clear();
    for (const { events } of followers) events.onEnd(cause);
  }
}

/** A session as one part uses it. No two parts have a channel in common. */
class View implements BrokerSession {
  readonly channels = new Set<string>();
  readonly events: SessionEvents;
  readonly close: () => void;
  readonly turns: Turns;
  readonly #session: BrokerSession;

  constructor(shared: { session: BrokerSession; turns: Turns }, events: SessionEvents, close: () => void) {
    this.#session = shared.session;
    this.turns = shared.turns;
    this.events = events;
    this.close = close;
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
}
