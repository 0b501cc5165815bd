import type { AdapterHost, BroadcastContent, QueryResult } from '../../ports/adapter.js';
import type { Timer } from '../../ports/clock.js';
import type { Target } from '../../ports/hub.js';
import type { Packet } from '../broker/broker.js';
import type { Listening } from '../broker/listening.js';
import { type NeffosMessage, type OwnAsk, ownAsk, readPayload, writeAnswer } from './neffos-payload.js';
import { NEFFOS_PEER } from './neffos-peer.js';

/** How long a client of this server may take for what a server of neffos asks it: that does not say how long it waits. */
const ANSWER_MS = 10_000;

/** The most asks of servers of neffos that are answered at a time. */
const MAX_ASKED = 10_000;

interface AsksParts {
  readonly host: AdapterHost;
  readonly listening: Listening;
  send(packet: Packet): void;
}

/** An ask of this server of the clients of neffos. */
interface Question {
  readonly queryId: string;
  readonly target: Target;
  readonly timeoutMs: number;
  tell(result: QueryResult): void;
}

interface Pending {
  readonly question: Question;
  readonly ask: OwnAsk;
  readonly timer: Timer;
}

/** Asks between servers of neffos and this one, both ways. The first answer ends one. */
export class NeffosAsks {
  readonly #parts: AsksParts;
  readonly #pending = new Map<string, Pending>();
  readonly #byChannel = new Map<string, Pending>();
  /** What servers of neffos have asked, by their tokens. */
  readonly #asked = new Map<string, NeffosMessage>();

  constructor(parts: AsksParts) {
    this.#parts = parts;
  }

  /**
   * Asks the clients of neffos.
   *
   * @param write writes the ask with its token
   * @returns whether they could be asked
   */
  ask(question: Question, write: (token: string) => readonly Packet[]): boolean {
    const { scheduler, random } = this.#parts.host;
    const ask = ownAsk(random.token());
    const packets = write(ask.token);
    if (packets.length === 0) return false;
    const timer = scheduler.after(question.timeoutMs, () => this.cancel(question.queryId));
    const pending = { question, ask, timer };
    this.#pending.set(question.queryId, pending);
    for (const channel of ask.channels) this.#byChannel.set(channel, pending);
    void this.#send(pending, packets);
    return true;
  }

  cancel(queryId: string): void {
    const pending = this.#pending.get(queryId);
    if (!pending) return;
    pending.timer.cancel();
    this.#pending.delete(queryId);
    for (const channel of pending.ask.channels) this.#byChannel.delete(channel);
    this.#parts.listening.remove(pending.ask.channels);
  }

  /** @returns whether it was an answer to an ask of this server */
  hear(channel: string, bytes: Uint8Array): boolean {
    const pending = this.#byChannel.get(channel);
    if (!pending) return false;
    const { queryId, target, tell } = pending.question;
    const message = readPayload(bytes);
    if (!message) {
      this.#parts.host.metrics.count('adapter.malformed');
      return true;
    }
    this.cancel(queryId);
    const { isError, body } = message;
    // Who has answered is not told: known is only who was asked.
    const id = target.ids.length === 1 ? (target.ids[0] ?? '') : '';
    tell(isError ? { kind: 'error', text: String(body), id } : { kind: 'reply', id, body });
    return true;
  }

  /** A server of neffos has asked. */
  heard(
    token: string,
    message: NeffosMessage,
    { target, content }: { target: Target; content: BroadcastContent },
  ): void {
    if (this.#asked.has(token) || this.#asked.size >= MAX_ASKED)
      return this.#parts.host.metrics.count('adapter.dropped');
    this.#asked.set(token, message);
    const query = { kind: 'ask', target, content, timeoutMs: ANSWER_MS } as const;
    this.#parts.host.deliver({ kind: 'query', from: NEFFOS_PEER, queryId: token, query });
  }

  /** What is answered to a server of neffos; nothing where nobody here was meant: others may be. */
  reply(token: string, result: QueryResult, isLast: boolean): void {
    const message = this.#asked.get(token);
    if (isLast) this.#asked.delete(token);
    if (!message || (result.kind !== 'reply' && result.kind !== 'error')) return;
    const isError = result.kind === 'error';
    const bytes = writeAnswer(message, isError ? result.text : result.body, isError);
    this.#parts.send({ channel: token, bytes });
  }

  stop(): void {
    for (const queryId of [...this.#pending.keys()]) this.cancel(queryId);
  }

  /** The answers have to be listened to before anybody is asked. */
  async #send({ question, ask }: Pending, packets: readonly Packet[]): Promise<void> {
    await this.#parts.listening.add(ask.channels);
    if (this.#pending.has(question.queryId)) for (const packet of packets) this.#parts.send(packet);
  }
}
