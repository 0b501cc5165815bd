import { RemoteError, WsError } from '../errors.js';
import type { Act, BroadcastContent, Member, Query, QueryResult } from '../ports/adapter.js';
import type { Answer } from '../ports/broadcaster.js';
import type { NSConn, WaitOptions } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';
import { askedBody, askFirst, LiveAnswer } from './asker.js';
import type { LocalDelivery } from './local-delivery.js';
import type { Registry } from './registry.js';

/** How long something may take, and what ends it before. */
export type Patience = WaitOptions & { readonly timeoutMs: number };

/** What this server's own connections answer, and are made to do. */
export class LocalAnswers {
  readonly #registry: Registry;
  readonly #delivery: LocalDelivery;

  constructor(registry: Registry, delivery: LocalDelivery) {
    this.#registry = registry;
    this.#delivery = delivery;
  }

  /** What another server wants. Results before the last go to `tell`. */
  async answer(query: Query, tell: (result: QueryResult) => void, signal: AbortSignal): Promise<QueryResult> {
    const { target } = query;
    switch (query.kind) {
      case 'count':
        return { kind: 'count', count: this.count(target) };
      case 'members':
        return { kind: 'members', members: this.members(target) };
      case 'rooms':
        return { kind: 'rooms', rooms: this.rooms(target) };
      case 'broadcast':
        return { kind: 'count', count: this.#delivery.deliver(target, query.content) };
      case 'ask':
        return await this.#answerAsk(target, query.content, { timeoutMs: query.timeoutMs, signal });
      case 'gather':
        await this.gather(target, query.content, { timeoutMs: query.timeoutMs, signal }, tell);
        return { kind: 'nobody' };
      case 'act':
        return { kind: 'count', count: await this.act(target, query.act, { timeoutMs: query.timeoutMs, signal }) };
    }
  }

  count(target: Target): number {
    let count = 0;
    for (const _ of this.#registry.receivers(target)) count += 1;
    return count;
  }

  members(target: Target): Member[] {
    return Array.from(this.#registry.receivers(target), ({ conn: { id, key } }) => ({ id, key }));
  }

  /** The rooms that somebody who is meant has joined. */
  rooms(target: Target): string[] {
    const { namespace, ...narrower } = target;
    // Whoever means everybody means every room: nobody has to be looked at.
    if (Object.values(narrower).every((names) => names.length === 0)) return this.#registry.rooms(namespace);
    const rooms = new Set<string>();
    for (const ns of this.#registry.receivers(target)) for (const { name } of ns.rooms) rooms.add(name);
    return [...rooms];
  }

  /** The first answer; `undefined` when nobody is meant. */
  async ask(target: Target, content: BroadcastContent, patience: Patience): Promise<Answer | undefined> {
    const receivers = [...this.#registry.receivers(target)];
    return receivers.length === 0 ? undefined : await askFirst(receivers, content, patience);
  }

  /** Asks all, and tells each answer and each failure as it comes. */
  async gather(
    target: Target,
    content: BroadcastContent,
    patience: Patience,
    tell: (result: QueryResult) => void,
  ): Promise<void> {
    await this.#each(target, async (ns) => {
      const { id } = ns.conn;
      try {
        const reply = await ns.ask(content.event, askedBody(content), patience);
        tell({ kind: 'reply', id, body: reply.body });
      } catch (error) {
        tell({ kind: 'error', id, text: textOf(error) });
      }
    });
  }

  /** @returns for how many it was done; who refuses, or goes meanwhile, is not among them */
  async act(target: Target, act: Act, patience: Patience): Promise<number> {
    let done = 0;
    await this.#each(target, async (ns) => {
      try {
        if (await perform(ns, act, patience)) done += 1;
      } catch {
        // Told by the number: a connection may refuse, and may go at any time.
      }
    });
    return done;
  }

  async #each(target: Target, action: (ns: NSConn) => Promise<void>): Promise<void> {
    await Promise.all(Array.from(this.#registry.receivers(target), action));
  }

  async #answerAsk(target: Target, content: BroadcastContent, patience: Patience): Promise<QueryResult> {
    try {
      const answer: Answer | undefined = await this.ask(target, content, patience);
      return answer instanceof LiveAnswer ? { kind: 'reply', id: answer.id, body: answer.body } : { kind: 'nobody' };
    } catch (error) {
      return { kind: 'error', text: textOf(error) };
    }
  }
}

/** @returns whether there was anything to do */
async function perform(ns: NSConn, act: Act, patience: Patience): Promise<boolean> {
  switch (act.kind) {
    case 'joinRoom':
      await ns.joinRoom(act.room, patience);
      return true;
    case 'leaveRoom': {
      const room = ns.room(act.room);
      await room?.leave(patience);
      return room !== undefined;
    }
    case 'disconnect':
      await ns.disconnect(patience);
      return true;
    case 'close':
      ns.conn.close(act.code, act.reason);
      return true;
  }
}

/** What another server is told of an error, so that it becomes the same error there where that is possible. */
function textOf(error: unknown): string {
  if (error instanceof RemoteError) return error.text;
  return error instanceof WsError ? (error.wireText ?? error.code) : String(error);
}
