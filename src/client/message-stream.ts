import { WsError } from './client-errors.js';

/** How messages are read in a loop. */
export interface StreamOptions {
  /** Ends the loop when it aborts. */
  readonly signal?: AbortSignal;
  /** Messages that may wait for the loop. One more ends it: those that wait are given still, then it throws. @default 1000 */
  readonly maxMessages?: number;
}

/** Where messages come from: calls `push` for each and `end` when no more will come, until what it returns is called. */
export type Source<T> = (push: (message: T) => void, end: () => void) => () => void;

/**
 * Messages for a `for await` loop, from the moment of this call on.
 *
 * @param isEnded whether there will be none
 * @throws {QUEUE_FULL} in the loop
 */
export function messageStream<T>(
  source: Source<T>,
  { signal, maxMessages = 1_000 }: StreamOptions = {},
  isEnded = false,
): AsyncIterableIterator<T, undefined> {
  const waiting: T[] = [];
  let wake = (): void => {};
  let error: unknown;
  const end = (): void => {
    isEnded = true;
    leave();
    signal?.removeEventListener('abort', end);
    wake();
  };
  const push = (message: T): void => {
    if (waiting.length < maxMessages) waiting.push(message);
    else {
      error = new WsError('QUEUE_FULL', { maxMessages, maxBytes: Number.POSITIVE_INFINITY });
      end();
    }
    wake();
  };
  const leave = source(push, end);
  if (isEnded || signal?.aborted) end();
  else signal?.addEventListener('abort', end);

  const messages = (async function* read(): AsyncGenerator<T, undefined> {
    while (waiting.length || !isEnded) {
      if (waiting.length) {
        yield waiting.shift() as T; // there is one
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (error) throw error;
  })();
  return Object.assign(messages, {
    // That of the generator waits for the next message, where that is waited for.
    return() {
      waiting.length = 0;
      error = undefined;
      end(); // whoever waits for the next hears of it
      return messages.next();
    },
  });
}
