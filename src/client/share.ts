import type { WaitOptions } from '../ports/conn.js';
import type { Outbox } from './outbox.js';
import type { Payload, Target } from './wire.js';

/** Something that is done once for all who wait for it. */
interface Shared {
  readonly result: Promise<unknown>;
  /** Fulfilled when the server has answered, or it has failed. Handlers may run still. */
  readonly answered: Promise<void>;
  /** Somebody waits for it, whom the outbox knows by a token. */
  add(token: string): void;
  /** Somebody does not wait any more. */
  leave(): void;
}

/** What is under way, by {@link keyOf}. */
export type UnderWay = Map<string, Shared>;

/** What is done once. `ask` asks the server. */
export type Work<T> = (ask: (take: () => Promise<T>, payload?: Payload) => Promise<T>) => Promise<T>;

/** Asks the server; `take` is called in the turn of the answer. */
type Request = <T>(target: Target, wait: WaitOptions, take: () => Promise<T>, payload?: Payload) => Promise<T>;

/**
 * Does once what several ask for at the same time. Each waits as long as it says itself, until the server has answered; what
 * nobody waits for any more is given up.
 */
export type Share = <T>(underWay: UnderWay, target: Target, wait: WaitOptions | undefined, work: Work<T>) => Promise<T>;

/** Under which name something is under way. */
export const keyOf = ({ event, namespace, room = '' }: Target): string => `${event};${namespace};${room}`;

/** Shares what goes through an outbox. */
export function createShare({ ask, asks }: Outbox, request: Request): Share {
  function start<T>(underWay: UnderWay, target: Target, work: Work<T>): Shared {
    const key = keyOf(target);
    const abort = new AbortController();
    const wait = { timeoutMs: Number.POSITIVE_INFINITY, signal: abort.signal };
    const tokens = new Set<string>();
    let tell = (): void => {};
    let begin = (): void => {};
    const answer = (): void => {
      tell();
      for (const token of tokens) asks.get(token)?.answer();
    };
    const end = (): void => {
      if (underWay.get(key) === shared) underWay.delete(key);
    };
    const once: Parameters<Work<T>>[0] = (take, payload) => {
      const taken = (): Promise<T> => {
        answer();
        return take();
      };
      return request(target, wait, taken, payload);
    };
    const shared: Shared = {
      add: (token) => tokens.add(token),
      leave() {
        if ([...tokens].some((token) => asks.has(token))) return;
        end();
        abort.abort();
      },
      answered: new Promise((resolve) => {
        tell = resolve;
      }),
      result: new Promise((resolve) => {
        begin = () => resolve(work(once));
      }),
    };
    underWay.set(key, shared); // first: handlers that it calls may ask for the same
    begin();
    shared.result.finally(end).then(answer, answer);
    return shared;
  }

  return <T>(underWay: UnderWay, target: Target, wait: WaitOptions = {}, work: Work<T>): Promise<T> => {
    let shared: Shared | undefined;
    const begin = (token: string): void => {
      shared = underWay.get(keyOf(target)) ?? start(underWay, target, work);
      shared.add(token);
    };
    const done = ask(target.event, wait, begin, () => shared?.result as Promise<T>); // what `work` gives
    done.catch(() => shared?.leave());
    return done;
  };
}
