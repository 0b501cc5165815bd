import type { WaitOptions } from '../ports/conn.js';
import type { FrameData } from '../protocol/message.js';
import { WsError } from './client-errors.js';
import type { DialOptions } from './dial-options.js';
import type { Link } from './link.js';
import type { Platform } from './platform.js';
import { quiet } from './quiet.js';
import { readError } from './read-message.js';
import { type Incoming, type Payload, type Target, writeFrame } from './wire.js';

/** Something that is waited for, by one or by several. */
export interface Ask {
  /** Pairs it with its answer. */
  readonly token: string;
  /** Whether it has been sent; nothing while it is not the server that is waited for. */
  isSent?: boolean;
  /** Are called when the server has answered, or it has failed. Handlers may run still. */
  readonly stops: Set<() => void>;
  answer(answer?: Partial<Incoming>): void;
  fail(error: unknown): void;
  /** Waits for it as well. When nobody does any more it is given up. */
  join(wait?: WaitOptions): Promise<unknown>;
}

/** What is under way, by whatever tells it apart. */
export type UnderWay = Map<unknown, Ask>;

/** What is asked. */
export interface Question {
  /** Its name, for errors. */
  readonly event: string;
  /** Where those who ask the same at the same time find each other, so that it is done once; and by which key, if not its name. */
  readonly underWay?: UnderWay;
  readonly key?: unknown;
}

/** What is sent, and what is waited for. */
export interface Outbox {
  /** Those that are waited for, by their tokens. */
  readonly asks: ReadonlyMap<string, Ask>;
  /** Whether an answer of the server is waited for. */
  isAsking(): boolean;
  /**
   * Waits for an answer to what `begin` sends. `take` gets it in the turn of its frame, so that what it changes is in place before
   * the next.
   *
   * @throws {ASK_TIMEOUT} {ASK_ABORTED} {CONN_CLOSED}, what `begin` throws, or a `RemoteError`
   */
  ask<T>(
    question: Question,
    wait: WaitOptions | undefined,
    begin: (ask: Ask) => unknown,
    take: (answer: Partial<Incoming>) => T | Promise<T>,
  ): Promise<T>;
  /**
   * Sends a message, unless it is an ask that nobody waits for any more.
   *
   * @param isFirst whether it passes what waits: what restores the state that the rest counts on
   * @throws {NAME_NOT_ENCODABLE} {QUEUE_FULL}, or {CONN_DOWN} where nothing may wait
   */
  say(target: Target, payload: Payload, ask?: Ask, isFirst?: boolean): void;
  /** Sends a frame. @throws {QUEUE_FULL} {CONN_DOWN} */
  send(data: FrameData, ask?: Ask): void;
  /** The state is restored: what is sent now arrives in its place. */
  open(): void;
  /** The connection was lost: what was asked fails; where it is for good, what waits to be sent, too. */
  lose(error: unknown, isFinal: boolean): void;
}

/** A frame that waits, and the ask that it is. */
type Waiting = readonly [data: FrameData, ask: Ask | undefined];

const MIB = 1_048_576;

/** A socket does not tell when it has sent something: it is looked at again and again. */
const LOOK_AGAIN_MS = 50;

/**
 * What is sent, in order: at once, or when the connection is back or has taken what was sent before. And what is waited for: each
 * wait ends, by an answer, an error, its time, its signal, or the end of the connection.
 *
 * @param asked is called when something was sent that waits for an answer, once whoever asks has gone on
 */
export function createOutbox(link: Link, options: DialOptions, { after }: Platform, asked: () => void): Outbox {
  const { askTimeoutMs = 10_000, maxBufferedBytes = MIB, queue } = options;
  const { maxMessages = queue === false ? 0 : 1_000, maxBytes = MIB, whenFull } = queue || {};
  const asks = new Map<string, Ask>();
  let waiting: Waiting[] = [];
  let cancel = (): void => {};
  let count = 0;
  let isOpen = false;

  const bytes = (): number => waiting.reduce((sum, [{ length }]) => sum + length, 0);

  function write(data: FrameData, ask?: Ask): void {
    if (ask) {
      ask.isSent = true;
      queueMicrotask(asked);
    }
    link.transmit(data);
  }

  function flush(): void {
    cancel();
    while (isOpen && waiting.length && link.bufferedBytes() <= maxBufferedBytes) write(...(waiting.shift() as Waiting)); // there is one
    if (isOpen && waiting.length) cancel = after(LOOK_AGAIN_MS, flush);
  }

  function send(data: FrameData, ask?: Ask): void {
    waiting.push([data, ask]);
    flush();
    while (waiting.length > maxMessages || bytes() > maxBytes) {
      const error = maxMessages ? new WsError('QUEUE_FULL', { maxMessages, maxBytes }) : new WsError('CONN_DOWN', {});
      const isForOthers = whenFull === 'dropOldest' && data.length <= maxBytes && waiting.length > 1;
      if (!isForOthers) {
        waiting.pop();
        throw error;
      }
      waiting.shift()?.[1]?.fail(error);
    }
  }

  return {
    asks,
    send,
    isAsking: () => [...asks.values()].some((ask) => 'isSent' in ask),
    say({ namespace, room, event }, payload, ask, isFirst) {
      const wait = ask?.token ?? '';
      if (ask && !asks.has(wait)) return;
      (isFirst ? write : send)(writeFrame({ wait, namespace, room, event }, payload), ask);
    },
    ask<T>(
      { event, underWay = new Map(), key = event }: Question,
      wait: WaitOptions | undefined,
      begin: (ask: Ask) => unknown,
      take: (answer: Partial<Incoming>) => T | Promise<T>,
    ) {
      const shared = underWay.get(key);
      if (shared) return shared.join(wait) as Promise<T>; // what is asked under one key is taken by the same
      const token = `$${++count}`;
      const stops = new Set<() => void>();
      let settle: (taken: Promise<T>) => void;
      const result = new Promise<T>((resolve) => {
        settle = resolve;
      });
      const forget = (): void => {
        if (underWay.get(key) === it) underWay.delete(key);
      };
      const end = (outcome: () => Promise<T>): void => {
        if (!asks.delete(token)) return;
        waiting = waiting.filter(([, other]) => other !== it);
        for (const stop of stops) stop();
        settle(outcome());
      };
      const it: Ask = {
        token,
        stops,
        answer: (message = {}) => (message.errorKind ? it.fail(readError(message)) : end(async () => take(message))),
        fail(error) {
          if (asks.has(token)) forget(); // else it was answered, and what the answer has begun goes on
          end(() => Promise.reject(error));
        },
        join: ({ timeoutMs = askTimeoutMs, signal } = {}) =>
          quiet(
            () =>
              new Promise((resolve, reject) => {
                const stop = (): void => {
                  unset();
                  signal?.removeEventListener('abort', abort);
                  stops.delete(stop);
                };
                const leave = (error: unknown): void => {
                  stop();
                  reject(error);
                  if (!stops.size) it.fail(error);
                };
                const abort = (): void => leave(new WsError('ASK_ABORTED', { event }, { cause: signal?.reason }));
                const unset = after(timeoutMs, () => leave(new WsError('ASK_TIMEOUT', { event, timeoutMs })));
                stops.add(stop);
                signal?.addEventListener('abort', abort);
                result.then(resolve, reject).finally(stop);
                if (signal?.aborted) abort();
              }),
          ),
      };
      asks.set(token, it);
      underWay.set(key, it); // first: handlers that `begin` calls may ask for the same
      result.then(forget, forget);
      const done = it.join(wait) as Promise<T>; // what `take` gives
      if (asks.has(token)) (async () => begin(it))().catch(it.fail);
      return done;
    },
    open() {
      isOpen = true;
      flush();
    },
    lose(error, isFinal) {
      isOpen = false;
      cancel();
      if (isFinal) waiting = [];
      for (const ask of asks.values()) if (ask.isSent || isFinal) ask.fail(error);
    },
  };
}
