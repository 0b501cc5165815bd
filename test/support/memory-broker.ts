import type { Broker, BrokerSession, Packet, SessionEvents } from '../../src/adapters/broker/broker.js';

/** One life of a server's connection to a {@link MemoryBroker}. */
class MemorySession implements BrokerSession {
  readonly channels = new Set<string>();
  isOpen = true;
  /** Fulfilled when what came before is done. */
  line: Promise<unknown> = Promise.resolve();

  constructor(
    readonly broker: MemoryBroker,
    readonly events: SessionEvents,
  ) {}

  async subscribe(channels: readonly string[]): Promise<void> {
    this.broker.commands.push(['subscribe', ...channels]);
    await this.broker.take(this, 'subscribe');
    if (channels.some((channel) => this.broker.forbids(channel))) throw new Error('no permission');
    for (const channel of channels) this.channels.add(channel);
    await this.broker.confirm();
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    this.broker.commands.push(['unsubscribe', ...channels]);
    await this.broker.take(this, 'unsubscribe');
    for (const channel of channels) this.channels.delete(channel);
  }

  async publish(packets: readonly Packet[]): Promise<void> {
    this.broker.commands.push(['publish', ...packets.map(({ channel }) => channel)]);
    await this.broker.take(this, 'publish');
    for (const packet of packets) this.broker.spread(packet);
    if (this.broker.forgetsToConfirm) await new Promise(() => {});
    await this.broker.confirm();
  }

  async ping(): Promise<void> {
    await this.broker.take(this, 'ping');
  }

  close(): void {
    this.isOpen = false;
    this.broker.sessions.delete(this);
  }
}

/** A message broker within a test, which may be told to fail in every way that brokers do. */
export class MemoryBroker implements Broker {
  readonly name = 'MemoryBroker';
  readonly sessions = new Set<MemorySession>();
  /** What it was asked, in order. */
  readonly commands: string[][] = [];
  connects = 0;
  /** Nobody can connect. */
  isDown = false;
  /** It takes what comes and does nothing. */
  isStalled = false;
  /** It delivers, and does not say so. */
  forgetsToConfirm = false;
  /** Which channels nobody may subscribe to. */
  forbids: (channel: string) => boolean = () => false;
  /** What it has done it says a turn of the event loop later, as a network does. */
  confirmsLate = false;
  /** How long it takes for the next command of a session; one comes after the other. @default no time */
  pace: ((command: string) => Promise<void>) | undefined;
  /** Which packets it takes, and does not deliver. */
  loses: (packet: Packet) => boolean = () => false;

  async connect(events: SessionEvents): Promise<BrokerSession> {
    this.connects += 1;
    if (this.isStalled) await new Promise(() => {});
    if (this.isDown) throw new Error('connection refused');
    const session = new MemorySession(this, events);
    this.sessions.add(session);
    return session;
  }

  /** Ends sessions as a broker does that goes: those that `which` says. */
  kill(which: (index: number) => boolean = () => true): void {
    for (const [index, session] of [...this.sessions].entries()) {
      if (!which(index)) continue;
      session.close();
      session.events.onEnd(new Error('connection reset'));
    }
  }

  /** What anybody may publish who can reach it. */
  spread({ channel, bytes }: Packet): void {
    if (this.loses({ channel, bytes })) return;
    for (const { channels, events } of [...this.sessions]) if (channels.has(channel)) events.onMessage(channel, bytes);
  }

  async confirm(): Promise<void> {
    if (this.confirmsLate) await new Promise((resolve) => setImmediate(resolve));
  }

  async take(session: MemorySession, command: string): Promise<void> {
    await Promise.resolve();
    const { pace } = this;
    if (pace) {
      session.line = session.line.then(() => pace(command));
      await session.line;
    }
    if (this.isStalled) await new Promise(() => {});
    if (!session.isOpen) throw new Error('connection closed');
  }
}
