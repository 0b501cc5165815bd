import { RemoteError, WsError } from '../errors.js';
import type { BroadcastContent, QueryResult } from '../ports/adapter.js';
import type { Answer, Failure, Gathered } from '../ports/broadcaster.js';
import type { Target } from '../ports/hub.js';
import { answerOf, LiveAnswer, unheard } from './asker.js';
import type { Cluster } from './cluster.js';
import type { LocalAnswers, Patience } from './local-answers.js';

/** How much longer than the connections the other servers are waited for: they tell of those that have kept silent. */
export const REPORT_MS = 250;

/** An ask of connections that may be on any server. */
export interface AskOfMany {
  readonly target: Target;
  readonly content: BroadcastContent;
  readonly patience: Patience;
}

/** Asks the connections of this server and of all others. */
export class Everywhere {
  readonly #here: LocalAnswers;
  readonly #cluster: Cluster | undefined;

  constructor(here: LocalAnswers, cluster: Cluster | undefined) {
    this.#here = here;
    this.#cluster = cluster;
  }

  /** The first answer. The others are told that they need not answer any more. */
  async ask({ target, content, patience }: AskOfMany): Promise<Answer> {
    const { event } = content;
    const { timeoutMs, signal } = patience;
    const found = new AbortController();
    const until = signal ? AbortSignal.any([signal, found.signal]) : found.signal;
    let answer: Answer | undefined;
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure = error;
    };
    const settle = (outcome: Answer | Error | undefined): void => {
      if (outcome instanceof Error) return fail(outcome);
      answer ??= outcome;
      if (answer) found.abort();
    };
    const query = { kind: 'ask', target, content, timeoutMs } as const;
    const elsewhere = this.#cluster?.query({ query, timeoutMs, until }, (result) => settle(answerOf(event, result)));
    const here = this.#here.ask(target, content, { timeoutMs, signal: until }).then(settle, fail);
    const silent = (await elsewhere?.catch(fail)) ?? [];
    await here;
    if (answer) return answer;
    if (signal?.aborted) throw new WsError('ASK_ABORTED', { event }, { cause: signal.reason });
    // A server that keeps silent may have somebody who is meant.
    throw failure ?? (silent.length === 0 ? unheard(event) : new WsError('ASK_TIMEOUT', { event, timeoutMs }));
  }

  /** All answers there are in time, and who has not given one. */
  async gather({ target, content, patience }: AskOfMany): Promise<Gathered> {
    const { event } = content;
    const { timeoutMs, signal } = patience;
    const answers: Answer[] = [];
    const failures: Failure[] = [];
    const take = (result: QueryResult): void => {
      if (result.kind === 'reply') answers.push(new LiveAnswer(result.id, event, result.body));
      if (result.kind === 'error') failures.push({ id: result.id ?? '', error: new RemoteError(result.text) });
    };
    const query = { kind: 'gather', target, content, timeoutMs } as const;
    const question = { query, timeoutMs: timeoutMs + REPORT_MS, ...(signal && { until: signal }) };
    const elsewhere = this.#cluster?.query(question, take);
    const [silent = []] = await Promise.all([elsewhere, this.#here.gather(target, content, patience, take)]);
    if (signal?.aborted) throw new WsError('ASK_ABORTED', { event }, { cause: signal.reason });
    const isComplete = failures.length === 0 && silent.length === 0;
    return { answers, failures, silentServers: silent, isComplete };
  }
}
