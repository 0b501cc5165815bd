import type { Redis } from 'ioredis';
import type { Broker, BrokerSession, Packet, SessionEvents } from '../broker/broker.js';
import type { MakeClient } from './redis-options.js';

/** How many channels one command names. */
const CHANNELS_A_COMMAND = 1_000;

/** Redis, and what speaks its language. Two connections: while one is subscribed it cannot publish. */
export class RedisBroker implements Broker {
  readonly name = 'Redis';
  readonly #makers: readonly MakeClient[];
  /** Which address is tried first: the one that worked last. */
  #at = 0;

  constructor(makers: readonly MakeClient[]) {
    this.#makers = makers;
  }

  async connect(events: SessionEvents, signal: AbortSignal): Promise<BrokerSession> {
    let failure: unknown;
    for (const _ of this.#makers) {
      const make = this.#makers[this.#at % this.#makers.length];
      try {
        if (make) return await connectTo(make, events, signal);
      } catch (error) {
        failure = error;
        this.#at += 1;
      }
      if (signal.aborted) break;
    }
    throw failure;
  }
}

/** Both connections go to the same address. */
async function connectTo(make: MakeClient, events: SessionEvents, signal: AbortSignal): Promise<BrokerSession> {
  const session = new RedisSession(make(), make(), events);
  const close = (): void => session.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await session.open();
  } catch (error) {
    session.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', close);
  }
  return session;
}

class RedisSession implements BrokerSession {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #events: SessionEvents;
  #isOver = false;
  /** Why it has ended: the client tells of that before it tells that it has. */
  #reason: unknown;

  constructor(publisher: Redis, subscriber: Redis, events: SessionEvents) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#events = events;
  }

  async open(): Promise<void> {
    for (const client of [this.#publisher, this.#subscriber]) {
      client.on('error', (error: unknown) => {
        this.#reason ??= error;
      });
      client.on('end', () => this.#end());
    }
    this.#subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => {
      // What is read after the end belongs to nobody: the next session has begun to count.
      if (!this.#isOver) this.#events.onMessage(channel.toString(), bytes);
    });
    // Neither is left behind where the other one fails.
    await this.#plainly(Promise.all([this.#publisher.connect(), this.#subscriber.connect()]));
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    await this.#plainly(Promise.all(inParts(channels).map((part) => this.#subscriber.subscribe(...part))));
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    await this.#plainly(Promise.all(inParts(channels).map((part) => this.#subscriber.unsubscribe(...part))));
  }

  async publish(packets: readonly Packet[]): Promise<void> {
    const [first] = packets;
    if (first && packets.length === 1) return await this.#publishOne(first);
    const pipeline = this.#publisher.pipeline();
    for (const { channel, bytes } of packets) pipeline.publish(channel, bufferOf(bytes));
    const results = (await this.#plainly(pipeline.exec())) ?? [];
    for (const [error] of results) if (error) throw plain(error);
  }

  /** Without what a pipeline is made of, most of which one command does not need. */
  async #publishOne({ channel, bytes }: Packet): Promise<void> {
    await this.#plainly(this.#publisher.publish(channel, bufferOf(bytes)));
  }

  async ping(): Promise<void> {
    await this.#plainly(Promise.all([this.#publisher.ping(), this.#subscriber.ping()]));
  }

  close(): void {
    this.#isOver = true;
    for (const client of [this.#publisher, this.#subscriber]) {
      client.disconnect();
      // A goodbye that is not answered would keep the connection, and the process, for minutes. There is none before the first dial.
      const { stream } = client as { readonly stream?: Redis['stream'] };
      stream?.destroy();
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.onEnd(plain(this.#reason ?? new Error('the connection was closed')));
  }

  async #plainly<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw plain(this.#reason ?? error);
    }
  }
}

/** The client's errors carry the command that has failed with its arguments: the password, where that was the one for signing in. */
function plain(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  const { code, errors } = error as { readonly code?: unknown; readonly errors?: readonly unknown[] }; // Node's add them
  // Of a host with several addresses Node tells one by one, and nothing in the message of all.
  const [first] = errors ?? [];
  const reason = text || (first instanceof Error ? first.message : '') || String(code ?? 'unknown');
  return new Error(reason);
}

function inParts(channels: readonly string[]): (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  for (let at = 0; at < channels.length; at += CHANNELS_A_COMMAND)
    parts.push(channels.slice(at, at + CHANNELS_A_COMMAND));
  return parts;
}

/** The same bytes, as the client wants them. */
const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
