import { randomBytes } from 'node:crypto';
import {
  connect,
  errors,
  headers,
  type Msg,
  type NatsConnection,
  type NodeConnectionOptions,
  type Subscription,
} from '@nats-io/transport-node';
import type { Broker, BrokerSession, Packet, SessionEvents } from '../broker/broker.js';
import { dialledWith } from './dialled-sockets.js';
import { PART_HEADER, PartsJoiner, toParts } from './parts.js';

/** What a message may hold where the server does not say. @source the default `max_payload` of nats-server */
const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;

/** NATS: one connection, which publishes and is subscribed. */
export class NatsBroker implements Broker {
  readonly name = 'NATS';
  readonly #servers: readonly NodeConnectionOptions[];
  /** Which server is tried first: the one that worked last. */
  #at = 0;

  /** @param servers what to connect with, for each server of one cluster */
  constructor(servers: readonly NodeConnectionOptions[]) {
    this.#servers = servers;
  }

  async connect(events: SessionEvents, signal: AbortSignal): Promise<BrokerSession> {
    let failure: unknown;
    for (const _ of this.#servers) {
      try {
        const server = this.#servers[this.#at % this.#servers.length];
        return new NatsSession(await dialledWith(() => connect(server), signal), events);
      } catch (error) {
        failure = error;
        this.#at += 1;
      }
      if (signal.aborted) break;
    }
    throw plain(failure);
  }
}

class NatsSession implements BrokerSession {
  readonly #connection: NatsConnection;
  readonly #events: SessionEvents;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #joiner = new PartsJoiner();
  /** What there was no right to, by operation and channel, until whoever has tried is told. */
  readonly #refused = new Map<string, Error>();
  /** Told when the connection ends: the client leaves who waits for an answer without one. */
  readonly #waiting = new Set<(error: Error) => void>();
  readonly #partsOf = randomBytes(12).toString('base64url');
  #partedPackets = 0;
  #isOver = false;

  constructor(connection: NatsConnection, events: SessionEvents) {
    this.#connection = connection;
    this.#events = events;
    void this.#watch();
    void connection.closed().then((error) => this.#end(error ?? new Error('the connection was closed')));
  }

  get maxPacketBytes(): number {
    return this.#connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD_BYTES;
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) {
      if (this.#subscriptions.has(channel)) continue;
      const callback = (error: Error | null, message: Msg): void => {
        if (!error) this.#receive(channel, message);
      };
      this.#subscriptions.set(channel, this.#connection.subscribe(channel, { callback }));
    }
    await this.#flush();
    this.#checkRight('subscription', channels);
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    for (const channel of channels) {
      this.#subscriptions.get(channel)?.unsubscribe();
      this.#subscriptions.delete(channel);
    }
    await this.#flush();
  }

  async publish(packets: readonly Packet[]): Promise<void> {
    for (const packet of packets) this.#send(packet);
    await this.#flush();
    const channels = packets.map(({ channel }) => channel);
    this.#checkRight('publish', channels);
  }

  async ping(): Promise<void> {
    await this.#flush();
  }

  close(): void {
    this.#stop(new Error('the session has been closed'));
  }

  #send({ channel, bytes }: Packet): void {
    if (bytes.length <= this.maxPacketBytes) return this.#connection.publish(channel, bytes);
    const id = `${this.#partsOf}.${this.#partedPackets++}`;
    for (const part of toParts(id, bytes, this.maxPacketBytes)) {
      const partHeaders = headers();
      partHeaders.set(PART_HEADER, part.header);
      this.#connection.publish(channel, part.bytes, { headers: partHeaders });
    }
  }

  #receive(channel: string, { data, headers: given }: Msg): void {
    // What is read after the end belongs to nobody: the next session has begun to count.
    if (this.#isOver) return;
    const header = given?.get(PART_HEADER);
    const bytes = header ? this.#joiner.take(channel, { header, bytes: data }) : data;
    if (bytes) this.#events.onMessage(channel, bytes);
  }

  /** What the server refuses it says out of turn, but before it answers. */
  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type !== 'error') continue;
      const { error } = status;
      if (!(error instanceof errors.PermissionViolationError) || error.subject === '') this.#end(error);
      else this.#refused.set(`${error.operation} ${error.subject}`, error);
    }
  }

  #checkRight(operation: 'publish' | 'subscription', channels: readonly string[]): void {
    if (this.#refused.size === 0) return;
    for (const channel of channels) {
      const error = this.#refused.get(`${operation} ${channel}`);
      if (!error) continue;
      this.#refused.delete(`${operation} ${channel}`);
      if (operation === 'subscription') this.#subscriptions.delete(channel);
      throw plain(error);
    }
  }

  /** Fulfilled when the server has taken all that was sent until now. */
  async #flush(): Promise<void> {
    let leave: ((error: Error) => void) | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.#isOver) return reject(new Error('the session is over'));
        leave = reject;
        this.#waiting.add(leave);
        // What the server has refused is told in the same turn.
        this.#connection.flush().then(() => setImmediate(resolve), reject);
      });
    } catch (error) {
      throw plain(error);
    } finally {
      if (leave) this.#waiting.delete(leave);
    }
  }

  #end(cause: unknown): void {
    if (this.#isOver) return;
    const reason = plain(cause);
    this.#stop(reason);
    this.#events.onEnd(reason);
  }

  #stop(reason: Error): void {
    this.#isOver = true;
    for (const leave of this.#waiting) leave(reason);
    void this.#connection.close();
  }
}

/** Without what the client's errors may carry besides: the options of the connection among it. */
function plain(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const { code } = error as { readonly code?: unknown }; // Node's add it
  return new Error(text || String(code ?? 'unknown'));
}
