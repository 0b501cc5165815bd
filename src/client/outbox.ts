import type { WaitOptions } from '../ports/conn.js';
import type { FrameData } from '../protocol/message.js';
import { WsError } from './client-errors.js';
import type { DialOptions } from './dial-options.js';
import type { Link } from './link.js';
import type { Platform } from './platform.js';
import { quiet } from './quiet.js';
import { readError } from './read-message.js';
import type { Incoming } from './wire.js';

/** Something that is waited for. */
interface Ask {
  readonly event: string;
  isSent?: boolean;
  answer(answer?: Partial<Incoming>): void;
  fail(error: unknown): void;
}

/** What is sent, and what is waited for. */
export interface Outbox {
  /** Those who wait, by the tokens of what they wait for. */
  readonly asks: ReadonlyMap<string, Ask>;
  /**
   * Waits for an answer to what `begin` sends with a token. `take` gets it in the turn of its frame, so that what it changes is in
   * place before the next.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, what `begin` throws, or a `RemoteError`
   */
  ask<T>(
    event: string,
    options: WaitOptions,
    begin: (token: string) => void,
    take: (answer: Partial<Incoming>) => T | Promise<T>,
  ): Promise<T>;
  /**
   * @param isFirst whether it passes what waits
   * @throws {QUEUE_FULL}, or {CONN_DOWN} where nothing may wait
   */
  send(data: FrameData, token?: string, isFirst?: boolean): void;
  /** Sends what waits, as far as it may. */
  flush(): void;
  /** The connection was lost: what was asked fails; where it is for good, what waits to be sent, too. */
  lose(error: unknown, isFinal: boolean): void;
}

/** What an outbox needs to know, and tells. */
interface OutboxListener {
  /** Whether what is sent now arrives in its place. */
  isReady(): boolean;
  /** Something was sent that waits for an answer. */
  asked(): void;
}

const MIB = 1024 * 1024;

/** A socket does not tell when it has sent something: it is looked at again and again. */
const LOOK_AGAIN_MS = 50;

/**
 * What is sent, in order: at once, or when the connection is back or has taken what was sent before. And what is waited for: each
 * wait ends, by an answer, an error, its time, its signal, or the end of the connection.
 */
export function createOutbox(
  link: Link,
  options: DialOptions,
  { after }: Platform,
  { isReady, asked }: OutboxListener,
): Outbox {
  const { askTimeoutMs = 10_000, maxBufferedBytes = MIB, queue } = options;
  const { maxMessages = queue === false ? 0 : 1_000, maxBytes = MIB, whenFull } = queue || {};
  const asks = new Map<string, Ask>();
  let waiting: (readonly [data: FrameData, token: string])[] = [];
  let cancel: (() => void) | undefined;
  let count = 0;

  const mayWrite = (): boolean => isReady() && link.bufferedBytes() <= maxBufferedBytes;
  const bytes = (): number => waiting.reduce((sum, [{ length }]) => sum + length, 0);

  function write(data: FrameData, token: string): void {
    const ask = asks.get(token);
    if (ask) ask.isSent = true;
    link.send(data);
    if (ask) asked();
  }

  function flush(): void {
    cancel?.();
    while (mayWrite()) {
      const next = waiting.shift();
      if (!next) return;
      write(...next);
    }
    if (waiting.length && isReady()) cancel = after(LOOK_AGAIN_MS, flush);
  }

  return {
    asks,
    flush,
    ask: (event, { timeoutMs = askTimeoutMs, signal }, begin, take) =>
      quiet(
        () =>
          new Promise((resolve, reject) => {
            const token = `$${++count}`;
            const end = (): boolean => {
              stop();
              signal?.removeEventListener('abort', abort);
              waiting = waiting.filter(([, other]) => other !== token);
              return asks.delete(token);
            };
            const fail = (error: unknown): void => {
              if (end()) reject(error);
            };
            const abort = (): void => fail(new WsError('ASK_ABORTED', { event }, { cause: signal?.reason }));
            const stop = after(timeoutMs, () => fail(new WsError('ASK_TIMEOUT', { event, timeoutMs })));
            const answer = (message: Partial<Incoming> = {}): void => {
              if (message.errorKind) fail(readError(message));
              else if (end()) resolve(take(message));
            };
            asks.set(token, { event, answer, fail });
            signal?.addEventListener('abort', abort);
            try {
              signal?.aborted ? abort() : begin(token);
            } catch (error) {
              fail(error);
            }
          }),
      ),
    send(data, token = '', isFirst = false) {
      flush();
      if (isFirst || (!waiting.length && mayWrite())) return write(data, token);
      while (waiting.length >= maxMessages || bytes() + data.length > maxBytes) {
        const error = maxMessages ? new WsError('QUEUE_FULL', { maxMessages, maxBytes }) : new WsError('CONN_DOWN', {});
        const oldest = whenFull === 'dropOldest' && data.length <= maxBytes && waiting.shift();
        if (!oldest) throw error;
        asks.get(oldest[1])?.fail(error);
      }
      waiting.push([data, token]);
      flush();
    },
    lose(error, isFinal) {
      cancel?.();
      if (isFinal) waiting = [];
      for (const { isSent, fail } of asks.values()) if (isSent || isFinal) fail(error);
    },
  };
}
