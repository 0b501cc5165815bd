import { WsError } from '../../errors.js';
import type { AdapterHost, AdapterState, Envelope } from '../../ports/adapter.js';
import type { Timer } from '../../ports/clock.js';
import { type Topic, topicOf } from '../../ports/topic.js';
import type { Broker, BrokerSession } from './broker.js';
import type { BrokerAdapterOptions } from './broker-options.js';
import { Channels } from './channels.js';
import { HeardCounts } from './heard-counts.js';
import { KeptSession } from './kept-session.js';
import { Listening } from './listening.js';
import { Membership } from './membership.js';
import { PacketCodec } from './packet-codec.js';
import { type Control, isControl, type NumberedMessage } from './record.js';
import { Sender } from './sender.js';

const TICK_MS = 1_000;

/** How often a server says that it is alive. */
const TICKS_A_BEAT = 3;

/** A clock that has moved on by so much between two ticks says that this process has stood still, not that the others are dead. */
const STOOD_STILL_MS = 3_000;

/** When nobody new has answered for so long after a start, all are known. */
const SETTLE_MS = 200;
const MAX_SETTLE_ROUNDS = 10;

/** How long what waits may take to be sent when the server stops. */
const STOP_MS = 1_000;

/** How many channels a server tells of when it says how far it has come: to one that was cut off, and to all with each beat. */
const MAX_COUNTS = 10_000;
const MAX_BEAT_COUNTS = 500;

/** How many bytes may wait for a broker that is there, and slow. */
const MAX_SLOW_BYTES = 16 * 1024 * 1024;

/** One server that takes part over a broker, from its start to its stop. */
export class Participant {
  readonly #host: AdapterHost;
  readonly #broker: string;
  readonly #maxQueueBytes: number;
  readonly #channels: Channels;
  readonly #codec: PacketCodec;
  readonly #members = new Membership();
  readonly #session: KeptSession;
  readonly #listening: Listening;
  readonly #sender: Sender;
  readonly #heard: HeardCounts;
  readonly #ownChannel: string;
  /** Who has said hello and is to be answered: one answer at a time is on its way, however many have said it, and how often. */
  readonly #unanswered = new Set<string>();
  #isAnswering = false;
  #state: AdapterState = 'up';
  #ticks = 0;
  #tickedAtMs: number;
  #beatAtMs: number;
  #timer: Timer | undefined;
  #stopping: Promise<void> | undefined;
  /** It has taken its leave: whatever it said now would make the others take it for alive. */
  #hasGone = false;

  constructor(host: AdapterHost, broker: Broker, options: Required<BrokerAdapterOptions>) {
    const { scheduler, random, metrics, serverId } = host;
    this.#host = host;
    this.#broker = broker.name;
    this.#maxQueueBytes = options.maxQueueBytes;
    this.#channels = new Channels(options.app);
    this.#codec = new PacketCodec(options.secret || undefined);
    this.#ownChannel = this.#channels.server(serverId);
    this.#session = new KeptSession({
      ...{ broker, scheduler, random },
      onMessage: (channel, bytes) => this.#receive(channel, bytes),
      prepare: (session) => this.#introduce(session),
      onUp: () => this.#up(),
      onDown: (cause) => this.#down(cause),
      onFailed: (cause) => this.#down(cause),
    });
    this.#listening = new Listening(this.#session);
    this.#sender = new Sender({ serverId, codec: this.#codec, session: this.#session, scheduler });
    this.#heard = new HeardCounts((messages) => metrics.count('adapter.lost', messages));
    this.#tickedAtMs = this.#beatAtMs = scheduler.nowMs();
  }

  get peers(): readonly string[] {
    return this.#members.names;
  }

  /** Fulfilled when all are known who are there. Rejected when the broker cannot be reached: then it is tried for. */
  async start(): Promise<void> {
    void this.#listening.add([this.#channels.all, this.#ownChannel]);
    this.#later();
    await this.#session.start();
    for (let round = 0, known = -1; round < MAX_SETTLE_ROUNDS && known < this.peers.length; round += 1) {
      known = this.peers.length;
      await new Promise<void>((resolve) => this.#host.scheduler.after(SETTLE_MS, resolve));
    }
  }

  async subscribe(topics: readonly Topic[]): Promise<void> {
    const channels = topics.map((topic) => this.#channels.of(topic));
    await this.#listening.add(channels);
    // The counting begins here: what was told, or under way, until now is no mark of what was sent since it is subscribed.
    for (const channel of channels) this.#heard.leave(channel);
  }

  unsubscribe(topics: readonly Topic[]): void {
    const channels = topics.map((topic) => this.#channels.of(topic));
    this.#listening.remove(channels);
    for (const channel of channels) this.#heard.leave(channel);
  }

  publish(envelope: Envelope): void | Promise<void> {
    const isKept = envelope.kind === 'broadcast' || envelope.kind === 'event';
    const broker = this.#broker;
    if (this.#stopping) {
      if (isKept) throw new WsError('ADAPTER_DOWN', { broker });
      return;
    }
    const { isUp } = this.#session;
    if (!isKept && !isUp) throw new WsError('ADAPTER_DOWN', { broker });
    const record = this.#codec.writeRecord(envelope);
    const maxBytes = isUp ? Math.max(this.#maxQueueBytes, MAX_SLOW_BYTES) : this.#maxQueueBytes;
    if (this.#sender.bytes + record.length > maxBytes) throw new WsError('ADAPTER_FULL', { broker, maxBytes });
    const channel = this.#channelOf(envelope);
    if (isKept) return this.#sender.send({ channel, record, isKept, sequence: undefined });
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
      this.#sender.send({ channel, record, isKept, sequence: undefined, settle });
    });
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#host.metrics.count('adapter.lost', await this.#sender.stop(STOP_MS));
    this.#timer?.cancel();
    // One that is being made ready has said hello, perhaps: it takes its leave, too.
    await this.#inTime(this.#session.preparing);
    this.#hasGone = true;
    // Whoever does not hear it finds out.
    const counts = this.#sender.counts.since(this.#beatAtMs, MAX_BEAT_COUNTS);
    await this.#sender.tell(this.#channels.all, 'bye', counts).catch(() => {});
    this.#session.stop();
    for (const serverId of this.peers) this.#members.left(serverId);
  }

  async #inTime(preparing: Promise<void> | undefined): Promise<void> {
    if (!preparing) return;
    await new Promise<void>((resolve) => {
      const timer = this.#host.scheduler.after(STOP_MS, resolve);
      const ready = (): void => {
        timer.cancel();
        resolve();
      };
      preparing.then(ready, ready);
    });
  }

  #channelOf(envelope: Envelope): string {
    if (envelope.kind === 'broadcast') return this.#channels.of(topicOf(envelope.target));
    return envelope.kind === 'result' ? this.#channels.server(envelope.to) : this.#channels.all;
  }

  /** Subscribes to everything first: whoever hears the hello may send at once. */
  async #introduce(session: BrokerSession): Promise<void> {
    // Before the first of them can be heard: whoever is heard from here on need not be waited for.
    this.#sender.awaitServers(this.peers);
    await this.#listening.restore(session);
    this.#members.excuse(this.#host.scheduler.nowMs());
    // Whoever has come until now hears this hello, which says as much as an answer.
    this.#unanswered.clear();
    if (this.#hasGone) return;
    const counts = this.#sender.counts.since(0, MAX_COUNTS);
    await session.publish(this.#sender.packetsOf(this.#channels.all, 'hello', counts));
  }

  #up(): void {
    if (this.#state === 'down') this.#host.log.info({ broker: this.#broker }, 'the broker can be reached again');
    this.#become('up');
    this.#listening.resume();
    this.#sender.up();
    this.#answerSoon();
  }

  #down(cause: unknown): void {
    const { log } = this.#host;
    if (this.#state === 'up') {
      log.warn({ err: cause, broker: this.#broker }, 'the broker cannot be reached: it is tried for');
    } else log.debug({ err: cause, broker: this.#broker }, 'the broker could not be reached');
    this.#become('down');
    const given = this.#sender.down(new WsError('ADAPTER_DOWN', { broker: this.#broker }, { cause }));
    if (given === 0) return;
    this.#host.metrics.count('adapter.failed', given);
    log.error(
      { err: cause, broker: this.#broker, messages: given },
      'given up: the broker has not taken them in 5 tries',
    );
  }

  #become(state: AdapterState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#host.stateChanged(state);
  }

  #receive(channel: string, bytes: Uint8Array): void {
    const { serverId, metrics, scheduler } = this.#host;
    const isOwn = (from: string): boolean => from === serverId;
    const content = this.#codec.read(channel, bytes, isOwn);
    if (content && isOwn(content.from)) return;
    if (!content || !this.#members.heard(content.from, scheduler.nowMs())) return metrics.count('adapter.malformed');
    this.#sender.heard(content.from);
    for (const message of content.messages) this.#take(channel, content.from, message);
  }

  #take(channel: string, from: string, { message, sequence }: NumberedMessage): void {
    const { serverId, metrics, scheduler } = this.#host;
    if (isControl(message)) return this.#heed(message);
    // What is under way when a channel is left, or meant for a server of another name.
    if (!this.#listening.has(channel) || (message.kind === 'result' && message.to !== serverId)) return;
    if (sequence) {
      const { epoch, n } = sequence;
      if (!this.#heard.take(from, { channel, epoch, n }, scheduler.nowMs())) return metrics.count('adapter.repeated');
    }
    this.#host.deliver(message);
  }

  #heed({ kind, from, counts }: Control): void {
    const nowMs = this.#host.scheduler.nowMs();
    for (const count of counts) if (this.#listening.has(count.channel)) this.#heard.told(from, count, nowMs);
    if (kind === 'bye') {
      this.#heard.forget(from);
      this.#left(from);
    }
    if (kind !== 'hello') return;
    this.#unanswered.add(from);
    this.#answerSoon();
  }

  #answerSoon(): void {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    setImmediate(() => void this.#answer());
  }

  /** Tells servers that have come how far this one is: what was sent while they were away is what they have missed. */
  async #answer(): Promise<void> {
    while (this.#unanswered.size > 0 && this.#session.isUp && !this.#hasGone) {
      const [first = '', ...more] = this.#unanswered;
      this.#unanswered.clear();
      const channel = more.length > 0 ? this.#channels.all : this.#channels.server(first);
      const counts = this.#sender.counts.since(0, MAX_COUNTS);
      await this.#sender.tell(channel, 'here', counts).catch(() => {}); // the session has ended: they will hear of this one anew
    }
    this.#isAnswering = false;
  }

  #left(serverId: string): void {
    this.#sender.heard(serverId);
    if (this.#members.left(serverId)) this.#host.peerLeft(serverId);
  }

  #later(): void {
    this.#timer = this.#host.scheduler.after(TICK_MS, () => {
      this.#tick();
      this.#later();
    });
  }

  #tick(): void {
    const nowMs = this.#host.scheduler.nowMs();
    const sinceLastMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    if (!this.#session.isUp) return;
    if (sinceLastMs > STOOD_STILL_MS) this.#members.excuse(nowMs);
    for (const serverId of this.#members.expire(nowMs)) {
      this.#sender.heard(serverId);
      this.#host.peerLeft(serverId);
    }
    this.#ticks += 1;
    if (this.#ticks % TICKS_A_BEAT === 0) this.#beat(nowMs);
  }

  #beat(nowMs: number): void {
    this.#sender.counts.trim(nowMs);
    this.#heard.trim(nowMs);
    const counts = this.#sender.counts.since(this.#beatAtMs, MAX_BEAT_COUNTS);
    this.#beatAtMs = nowMs;
    // One that fails ends the session: a broker that does not answer is found out by it.
    this.#sender.tell(this.#channels.all, 'here', counts).catch(() => {});
    this.#session.run((session) => session.ping()).catch(() => {});
  }
}
