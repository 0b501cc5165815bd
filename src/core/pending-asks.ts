import { WsError } from '../errors.js';
import type { Timer } from '../ports/clock.js';
import type { WaitOptions } from '../ports/conn.js';
import type { WireMessage } from '../protocol/message.js';
import { makeToken } from '../protocol/wait-token.js';
import type { ConnSettings } from './settings.js';

/**
 * Hears how an ask ended: exactly one of the two, once. A reply is told at once, in the frame's own turn, so that what it
 * changes is in place before the frame after it is read.
 */
export interface AskOutcome {
  resolve(reply: WireMessage): void;
  reject(error: Error): void;
}

interface Pending extends AskOutcome {
  readonly timer: Timer;
  readonly stopListening: (() => void) | undefined;
}

/** Hears of it whenever the number of waiting asks has changed. */
interface AsksObserver {
  asksChanged(): void;
}

/** The asks that this side has sent and whose replies have not come yet. */
export class PendingAsks {
  readonly #settings: ConnSettings;
  readonly #observer: AsksObserver;
  /** Made with the first: most connections are never asked anything. */
  #waiting: Map<string, Pending> | undefined;

  constructor(settings: ConnSettings, observer: AsksObserver) {
    this.#settings = settings;
    this.#observer = observer;
  }

  get size(): number {
    return this.#waiting?.size ?? 0;
  }

  /**
   * Waits for the reply to `event` and gives the token it must carry. The clock starts now.
   *
   * @throws {TOO_MANY_ASKS} {ASK_ABORTED} when it cannot be asked at all
   */
  open(event: string, outcome: AskOutcome, options: WaitOptions = {}): string {
    const { limits, scheduler, random, side, metrics } = this.#settings;
    if (this.size >= limits.maxPendingAsks) {
      throw new WsError('TOO_MANY_ASKS', { maxPendingAsks: limits.maxPendingAsks });
    }
    const { timeoutMs = this.#settings.askTimeoutMs, signal } = options;
    if (signal?.aborted) throw new WsError('ASK_ABORTED', { event }, { cause: signal.reason });

    const wait = makeToken(side, random.token());
    const expire = () => {
      metrics.count('asks.timedOut');
      this.#take(wait)?.reject(new WsError('ASK_TIMEOUT', { event, timeoutMs }));
    };
    const abort = () => this.#take(wait)?.reject(new WsError('ASK_ABORTED', { event }, { cause: signal?.reason }));
    signal?.addEventListener('abort', abort, { once: true });
    this.#waiting ??= new Map();
    this.#waiting.set(wait, {
      ...outcome,
      timer: scheduler.after(timeoutMs, expire),
      stopListening: signal && (() => signal.removeEventListener('abort', abort)),
    });
    metrics.count('asks.sent');
    this.#observer.asksChanged();
    return wait;
  }

  /** Gives a reply to whoever asked. `false` when nobody waits for it: it is late, comes twice, or is forged. */
  settle(reply: WireMessage): boolean {
    const pending = this.#take(reply.wait);
    pending?.resolve(reply);
    return pending !== undefined;
  }

  /** What was opened could not be sent. Nobody is told: the caller throws. */
  forget(wait: string): void {
    this.#take(wait);
  }

  failAll(error: Error): void {
    for (const wait of [...(this.#waiting?.keys() ?? [])]) this.#take(wait)?.reject(error);
  }

  #take(wait: string): Pending | undefined {
    const pending = this.#waiting?.get(wait);
    if (!pending) return undefined;
    this.#waiting?.delete(wait);
    pending.timer.cancel();
    pending.stopListening?.();
    this.#observer.asksChanged();
    return pending;
  }
}
