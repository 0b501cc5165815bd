import { parseJson, WrittenJson } from '../core/body.js';
import { RemoteError, WsError } from '../errors.js';
import type { BroadcastContent, QueryResult } from '../ports/adapter.js';
import type { Answer } from '../ports/broadcaster.js';
import type { NSConn, WaitOptions } from '../ports/conn.js';
import type { Body } from '../protocol/message.js';

/** Asks several connections and gives the first answer; the others need not answer any more. */
export async function askFirst(
  receivers: readonly NSConn[],
  content: BroadcastContent,
  options: WaitOptions & { readonly timeoutMs: number },
): Promise<Answer> {
  const answered = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, answered.signal]) : answered.signal;
  const asked = askedBody(content);
  const asks = receivers.map(async (ns) => {
    const reply = await ns.ask(content.event, asked, { timeoutMs: options.timeoutMs, signal });
    return new LiveAnswer(ns.conn.id, content.event, reply.body);
  });
  try {
    return await Promise.any(asks);
  } catch (error) {
    throw (error as AggregateError).errors.at(-1); // `any` rejects with nothing else, and somebody was asked
  } finally {
    answered.abort();
  }
}

/** What has been made ready to be sent already, for `ask`, which makes ready what it is given. */
export function askedBody({ body, json }: BroadcastContent): unknown {
  return json ? new WrittenJson(String(body)) : body;
}

/** The answer of one connection, here or on another server. */
export class LiveAnswer implements Answer {
  readonly id: string;
  readonly body: Body;
  readonly #event: string;

  constructor(id: string, event: string, body: Body) {
    this.id = id;
    this.body = body;
    this.#event = event;
  }

  get isBinary(): boolean {
    return typeof this.body !== 'string';
  }

  json(): unknown {
    return parseJson(this.#event, this.body);
  }
}

/** What another server's connections answered, as this server's own would have. `undefined`: nobody there is meant. */
export function answerOf(event: string, result: QueryResult): Answer | Error | undefined {
  if (result.kind === 'reply') return new LiveAnswer(result.id, event, result.body);
  return result.kind === 'error' ? new RemoteError(result.text) : undefined;
}

/** The error of an ask for many that nobody is there to hear. */
export function unheard(event: string): WsError {
  return new WsError('ASK_UNHEARD', { event });
}
