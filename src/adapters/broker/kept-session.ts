import type { Scheduler, Timer } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { Broker, BrokerSession } from './broker.js';
import { TimedSession } from './timed-session.js';

/** How long it may take to connect and to sign in. */
const CONNECT_TIMEOUT_MS = 5_000;

/** A wait is anywhere between none and this, doubled with each attempt: servers that lost a broker together do not come back together. */
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

interface KeptSessionParts {
  readonly broker: Broker;
  readonly scheduler: Scheduler;
  readonly random: Random;
  onMessage(channel: string, bytes: Uint8Array): void;
  /** Makes a new session ready: it is in use once this is fulfilled. It may take long, as long as the broker gets on. */
  prepare(session: BrokerSession): Promise<void>;
  onUp(): void;
  /** The session in use has ended. */
  onDown(cause: unknown): void;
  /** An attempt has failed while there was no session. */
  onFailed(cause: unknown): void;
}

/** A session with a broker that is replaced by a new one whenever it ends, for as long as it takes. */
export class KeptSession {
  readonly #parts: KeptSessionParts;
  #current: BrokerSession | undefined;
  #attempts = 0;
  #timer: Timer | undefined;
  #isStopped = false;
  #isPreparing = false;
  #attempting: Promise<void> | undefined;
  /** Ends an attempt that is not needed any more. */
  #giveUp: (() => void) | undefined;

  constructor(parts: KeptSessionParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** Settled when the session that is being made ready is in use, or has failed; `undefined` when none is. */
  get preparing(): Promise<void> | undefined {
    return this.#isPreparing ? this.#attempting : undefined;
  }

  /** Tries once, and goes on trying if that fails. Rejects with what it has failed with. */
  async start(): Promise<void> {
    await this.#try();
  }

  /**
   * Has something done, in time. Whatever fails ends the session.
   *
   * @throws what it has failed with; an error when there is no session
   */
  async run(action: (session: BrokerSession) => Promise<void>): Promise<void> {
    const session = this.#current;
    if (!session) throw new Error('there is no session');
    try {
      await action(session);
    } catch (error) {
      this.#ended(session, error);
      throw error;
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#giveUp?.();
    this.#current?.close();
    this.#current = undefined;
  }

  #try(): Promise<void> {
    this.#attempting = this.#attempt();
    return this.#attempting;
  }

  async #attempt(): Promise<void> {
    const { onFailed, onUp } = this.#parts;
    const attempt = new AbortController();
    let session: BrokerSession | undefined;
    this.#giveUp = (): void => {
      attempt.abort();
      session?.close();
    };
    let early: { readonly cause: unknown } | undefined;
    const onEnd = (cause: unknown): void => {
      early = { cause };
      if (session) this.#ended(session, cause);
    };
    try {
      session = await this.#connect(onEnd, attempt.signal);
      await this.#prepare(session);
      if (early) throw early.cause;
    } catch (error) {
      this.#giveUp?.();
      if (this.#isStopped) return;
      onFailed(error);
      this.#later();
      throw error;
    } finally {
      this.#giveUp = undefined;
    }
    if (this.#isStopped) return session.close();
    this.#attempts = 0;
    this.#current = session;
    onUp();
  }

  /** @param signal aborts when nobody waits for the session any more */
  async #connect(onEnd: (cause: unknown) => void, signal: AbortSignal): Promise<BrokerSession> {
    const { broker, scheduler, onMessage } = this.#parts;
    const connecting = broker.connect({ onMessage, onEnd }, signal);
    let timer: Timer | undefined;
    const overdue = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(new Error(`the broker has not answered within ${CONNECT_TIMEOUT_MS} ms`));
      // Where this process has stood still, timers come first: an answer that has arrived meanwhile is read before this.
      timer = scheduler.after(CONNECT_TIMEOUT_MS, () => setImmediate(giveUp));
      signal.addEventListener('abort', () => reject(new Error('the attempt was given up')), { once: true });
    });
    try {
      return new TimedSession(await Promise.race([connecting, overdue]), scheduler);
    } catch (error) {
      // One that comes too late is let go of.
      connecting.then(
        (late) => late.close(),
        () => {},
      );
      throw error;
    } finally {
      timer?.cancel();
    }
  }

  async #prepare(session: BrokerSession): Promise<void> {
    this.#isPreparing = true;
    try {
      await this.#parts.prepare(session);
    } finally {
      this.#isPreparing = false;
    }
  }

  #ended(session: BrokerSession, cause: unknown): void {
    if (session !== this.#current) return;
    this.#current = undefined;
    session.close();
    this.#parts.onDown(cause);
    this.#later();
  }

  /** Full jitter. @source AWS architecture blog, "Exponential backoff and jitter" */
  #later(): void {
    const { scheduler, random } = this.#parts;
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#attempts, 16));
    this.#attempts += 1;
    this.#timer = scheduler.after(random.fraction() * longest, () => {
      this.#try().catch(() => {}); // told by `onFailed`, and tried again
    });
  }
}
