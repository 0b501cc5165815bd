import type { AdapterHost, BroadcastContent, Envelope, QueryResult } from '../../ports/adapter.js';
import type { Target } from '../../ports/hub.js';
import type { Topic } from '../../ports/topic.js';
import type { Broker } from '../broker/broker.js';
import { KeptSession } from '../broker/kept-session.js';
import { Listening } from '../broker/listening.js';
import { NeffosAsks } from './neffos-asks.js';
import { type Interest, NeffosInterest } from './neffos-interest.js';
import { NeffosOutbox } from './neffos-outbox.js';
import { isOwn, type NeffosMessage, readPayload, writePayload } from './neffos-payload.js';
import { NEFFOS_PEER } from './neffos-peer.js';

/** How neffos names the channel of a namespace or of an id; `undefined` where the broker has no channel of that name. */
export type NeffosChannelOf = (prefix: string, name: string) => string | undefined;

/** How long what waits may take to be sent when the server stops. */
const STOP_MS = 1_000;

/** How many bytes may wait for a broker that is there, and slow. */
const MAX_SLOW_BYTES = 16 * 1024 * 1024;

/** Sessions are made by whom they are shared with, after waits of its own: to follow there is no need to wait long. */
const SHORT_WAIT = 0.02;

interface BridgeParts {
  readonly host: AdapterHost;
  readonly broker: Broker;
  readonly channelOf: (name: string) => string | undefined;
  /** What may wait for a broker that is down. */
  readonly maxQueueBytes: number;
}

/** This server as a cluster of neffos sees it. Whatever goes wrong with the broker is told by whom it is shared with. */
export class NeffosBridge {
  readonly #host: AdapterHost;
  readonly #channelOf: (name: string) => string | undefined;
  readonly #session: KeptSession;
  readonly #listening: Listening;
  readonly #interest: NeffosInterest;
  readonly #outbox: NeffosOutbox;
  readonly #asks: NeffosAsks;
  /** What has been told of once already, and is only counted from then on. */
  readonly #told = new Set<string>();
  #isDown = false;

  constructor({ host, broker, channelOf, maxQueueBytes }: BridgeParts) {
    const { scheduler, metrics } = host;
    const random = { token: () => host.random.token(), uuid: () => host.random.uuid(), fraction: () => SHORT_WAIT };
    this.#host = host;
    this.#channelOf = channelOf;
    this.#session = new KeptSession({
      ...{ broker, scheduler, random },
      onMessage: (channel, bytes) => this.#receive(channel, bytes),
      prepare: (session) => this.#listening.restore(session),
      onUp: () => this.#up(),
      onDown: (cause) => this.#down(cause),
      onFailed: (cause) => this.#down(cause),
    });
    this.#listening = new Listening(this.#session);
    this.#interest = new NeffosInterest(this.#listening, channelOf);
    this.#outbox = new NeffosOutbox({
      ...{ session: this.#session, scheduler, metrics, maxBytes: Math.max(maxQueueBytes, MAX_SLOW_BYTES) },
      onTooLarge: () => this.#skip('a message that is larger than the broker takes'),
    });
    this.#asks = new NeffosAsks({ host, listening: this.#listening, send: (packet) => this.#outbox.send(packet) });
  }

  async start(): Promise<void> {
    await this.#session.start();
  }

  subscribe(topics: readonly Topic[]): Promise<void> | undefined {
    return this.#interest.add(topics);
  }

  unsubscribe(topics: readonly Topic[]): void {
    this.#interest.remove(topics);
  }

  publish(envelope: Envelope): void {
    switch (envelope.kind) {
      case 'broadcast':
        return this.#send(envelope.target, envelope.content);
      case 'query':
        return this.#answerFor(envelope);
      case 'cancel':
        return this.#asks.cancel(envelope.queryId);
      case 'result':
        return this.#asks.reply(envelope.queryId, envelope.result, envelope.isLast);
      case 'event':
        return; // servers of neffos have no way to hear one
    }
  }

  /** @param closed fulfilled when whom the broker is shared with has closed it */
  async stop(closed: () => Promise<void>): Promise<void> {
    await this.#outbox.stop(STOP_MS);
    this.#asks.stop();
    await closed();
    this.#session.stop();
  }

  #up(): void {
    this.#isDown = false;
    this.#listening.resume();
    this.#outbox.up();
  }

  /** Tells of rights that are missing, most of all: of a broker that is away others tell, too. */
  #down(err: unknown): void {
    if (!this.#isDown) this.#host.log.warn({ err }, 'the channels of neffos cannot be used: it is tried again');
    this.#isDown = true;
    this.#outbox.down();
  }

  /** Servers of neffos cannot be asked for anything but what their clients answer. */
  #answerFor({ queryId, query }: Extract<Envelope, { kind: 'query' }>): void {
    const { serverId: to } = this.#host;
    const tell = (result: QueryResult): void =>
      this.#host.deliver({ kind: 'result', from: NEFFOS_PEER, to, queryId, result, isLast: true });
    if (query.kind === 'broadcast') this.#send(query.target, query.content);
    // Whoever gathers is told that these are missing: how many there are, and whether all have answered, nobody knows.
    if (query.kind === 'gather') return tell({ kind: 'error', text: 'the clients of neffos cannot be gathered' });
    if (query.kind !== 'ask') return tell({ kind: 'nobody' });
    const { target, content, timeoutMs } = query;
    const hasSent = this.#asks.ask({ queryId, target, timeoutMs, tell }, (token) =>
      this.#packetsOf(target, content, token),
    );
    if (!hasSent) tell({ kind: 'nobody' });
  }

  #send(target: Target, content: BroadcastContent): void {
    for (const packet of this.#packetsOf(target, content)) this.#outbox.send(packet);
  }

  /** One payload names one room at most, and goes to one id or to all: several are several. */
  #packetsOf(target: Target, content: BroadcastContent, token?: string): { channel: string; bytes: Uint8Array }[] {
    const { namespace, ids, rooms, exceptIds } = target;
    if (exceptIds.length > 0) return this.#skip('an id that is left out: neffos would not leave it out');
    const packets = [];
    for (const room of rooms.length > 0 ? rooms : ['']) {
      const payload = writePayload({ namespace, room }, content, token);
      if ('reason' in payload) return this.#skip(payload.reason);
      for (const name of ids.length > 0 ? ids : [namespace]) {
        const channel = this.#channelOf(name);
        if (channel === undefined) return this.#skip('a name that is no part of a channel at this broker');
        if (ids.length > 0 && (name === namespace || this.#interest.isNamespace(name))) {
          return this.#skip('an id that is the name of a namespace: neffos would send it to all of that');
        }
        packets.push({ channel, bytes: payload.bytes });
      }
    }
    return packets;
  }

  #skip(reason: string): [] {
    this.#host.metrics.count('neffos.skipped');
    if (!this.#told.has(reason)) this.#host.log.warn({ reason }, 'what neffos cannot carry is not sent to its servers');
    this.#told.add(reason);
    return [];
  }

  #receive(channel: string, bytes: Uint8Array): void {
    if (this.#asks.hear(channel, bytes)) return;
    const interest = this.#interest.of(channel);
    if (!interest || isOwn(bytes)) return;
    const message = readPayload(bytes);
    const target = message && targetOf(message, interest);
    if (!message || !target) return this.#host.metrics.count('adapter.malformed');
    if (message.isError) return this.#host.metrics.count('adapter.dropped');
    const { event, body, ask } = message;
    const content = { event, body, binary: typeof body !== 'string' };
    if (ask === undefined) return this.#host.deliver({ kind: 'broadcast', from: NEFFOS_PEER, target, content });
    this.#asks.heard(ask, message, { target, content });
  }
}

/** Who is meant. A message that comes on a channel which is not its own was sent by nobody honest. */
function targetOf({ namespace, room }: NeffosMessage, { name, isNamespace, isId }: Interest): Target | undefined {
  const toAll = namespace === name && isNamespace;
  if (!toAll && !isId) return undefined;
  const ids = toAll ? [] : [name];
  return { namespace, rooms: room === '' ? [] : [room], ids, exceptIds: [], exceptKeys: [] };
}
