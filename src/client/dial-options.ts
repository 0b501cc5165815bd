import type { CloseInfo } from '../ports/conn.js';

/** Where to connect: an address, or what gives one for each try, for example with a fresh token. */
export type Address = string | URL | ((attempt: { readonly tries: number }) => string | URL | Promise<string | URL>);

/** How the connection stands. `tries` counts those that have failed since it was last open for a while. */
export type ConnState =
  | { readonly kind: 'connecting'; readonly tries: number }
  | { readonly kind: 'open'; readonly id: string }
  | ({
      /** Lost, and about to be tried again. */
      readonly kind: 'waiting';
      readonly tries: number;
      /** `Infinity` as long as the browser is offline: its network's return tries at once. */
      readonly retryInMs: number;
      /** The same as a time of `Date.now()`. */
      readonly retryAt: number;
    } & CloseInfo)
  | ({ readonly kind: 'closed' } & CloseInfo);

/** Where something has failed that nobody waits for. */
export interface ErrorPlace {
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
}

/** What may wait while the connection is down, or slower than what is sent. */
export interface QueueOptions {
  /** @default 1000 */
  readonly maxMessages?: number;
  /** Bytes, and of a text its characters. @default 1 MiB */
  readonly maxBytes?: number;
  /** What gives way when it is full: the call that sends one more, which throws, or the oldest. @default 'throw' */
  readonly whenFull?: 'throw' | 'dropOldest';
}

/** How a client behaves. Times are in milliseconds. */
export interface DialOptions {
  /** How long one try may take, from the address to the server's welcome. @default 10000 */
  readonly dialTimeoutMs?: number;
  /** How long whatever waits for the server waits, unless it says so itself. @default 10000 */
  readonly askTimeoutMs?: number;
  /** How long a handler may hold up those after it. @default 30000 */
  readonly handlerTimeoutMs?: number;
  /** Gives up dialling when it aborts. Does nothing to a connection that is open. */
  readonly signal?: AbortSignal;
  /** Whether to come back when the connection is lost; with `initial` also to keep trying the first time. @default true */
  readonly reconnect?: boolean | { readonly initial?: boolean };
  /**
   * Whether a close is worth another try.
   * @default all but 1000, 1002, 1003, 1007, 1008, 1009, 1010 and 4000–4999, and refusals that say nothing of later
   */
  readonly shouldReconnect?: (close: CloseInfo) => boolean;
  /** When nothing has come for `intervalMs` the server is asked, and has `timeoutMs` to answer; never with 0. @default 25000 and 10000 */
  readonly heartbeat?: false | { readonly intervalMs?: number; readonly timeoutMs?: number };
  /** What is sent while the connection is down or slow waits; with `false` it throws. */
  readonly queue?: false | QueueOptions;
  /** Bytes that may wait in the socket before messages wait in the queue. @default 1 MiB */
  readonly maxBufferedBytes?: number;
  /** Raw messages only, as the option of the server: no handshake, no namespaces. */
  readonly native?: 'only';
  /** Hears what handlers throw, and errors of the server that nobody waits for. @default console.error */
  readonly onError?: (error: unknown, place: ErrorPlace) => void;
}
