import type { Turns } from './turns.js';

/** Bytes for everybody who is subscribed to a channel. */
export interface Packet {
  readonly channel: string;
  readonly bytes: Uint8Array;
}

/** What a session tells. */
export interface SessionEvents {
  /** The bytes are only looked at within the call, or copied. Does not throw. */
  onMessage(channel: string, bytes: Uint8Array): void;
  /** The session is of no use any more, for whatever reason but `close`. Once. */
  onEnd(cause: unknown): void;
}

/**
 * One life of the connections to a broker: it begins without a subscription, and ends with the first thing that goes wrong. It
 * does not mend itself: a new one takes its place.
 *
 * Calls are not awaited before the next: they are carried out in order. One that takes too long is given up by the caller, who
 * then closes the session.
 */
export interface BrokerSession {
  /** Where several share a session: what each has told it to do, for the others wait for it as well. */
  readonly turns?: Turns;
  /** A packet that is larger reaches only sessions of this kind, and nobody else who is subscribed. @default any size */
  readonly maxPacketBytes?: number;
  /** One command for all of them. Fulfilled when what is published from now on arrives. */
  subscribe(channels: readonly string[]): Promise<void>;
  unsubscribe(channels: readonly string[]): Promise<void>;
  /** One write for all of them. Fulfilled when the broker has taken them; what one session publishes arrives in order. */
  publish(packets: readonly Packet[]): Promise<void>;
  /** Fulfilled when the broker has answered on every connection of the session. */
  ping(): Promise<void>;
  /** Lets go of the connections at once; what was published may still be on its way. `onEnd` is not called for it. */
  close(): void;
}

/** A message broker: bytes to channels, at most once, in order. */
export interface Broker {
  /** For people: `Redis`. */
  readonly name: string;
  /**
   * Tries each of its addresses once, until one lets it in. An error that it rejects with holds no credentials.
   *
   * @param signal aborts when nobody waits for it any more: no other address is tried, and what has been begun is let go of
   */
  connect(events: SessionEvents, signal: AbortSignal): Promise<BrokerSession>;
}
