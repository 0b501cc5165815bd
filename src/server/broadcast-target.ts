import { observed } from '../core/observed.js';
import type { Member } from '../ports/adapter.js';
import type { BodyArgs, EventMap, EventsOf, WaitOptions } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';

/** A connection, or what belongs to one. */
export interface HasConn {
  readonly conn: { readonly key: string };
}

/** Who is left out: a connection or a namespace of it means that connection, a string every connection with that public id. */
export type Exception = { readonly key: string } | HasConn | string;

/** The answer of one connection, wherever it is connected. */
export interface Answer {
  /** The public id of who answered. */
  readonly id: string;
  readonly body: string | Uint8Array;
  readonly isBinary: boolean;
  /** @throws {BODY_NOT_JSON} */
  json(): unknown;
}

/** What a target is carried out by. */
export interface TargetActions {
  broadcast(target: Target, event: string, body: unknown): void;
  broadcastAcked(target: Target, event: string, body: unknown): Promise<number>;
  ask(target: Target, event: string, body: unknown, options?: WaitOptions): Promise<Answer>;
  count(target: Target): Promise<number>;
  members(target: Target): Promise<readonly Member[]>;
}

/**
 * Those who are meant: everybody in a namespace, narrowed step by step. Each step gives a new target and changes nothing.
 *
 * ```ts
 * app.nefeli.in('default').room('lobby').except(ns).broadcast('chat', 'hello');
 * ```
 *
 * @typeParam Emits the events that are sent, with their bodies; any when left out: `in<ChatEvents>('default')`
 *
 * Several rooms are a union, several ids are a union; rooms, ids and exceptions together intersect.
 */
export class BroadcastTarget<Emits extends EventsOf<Emits> = EventMap> {
  readonly #actions: TargetActions;
  readonly #target: Target;

  constructor(actions: TargetActions, target: Target) {
    this.#actions = actions;
    this.#target = target;
  }

  /** Those who have joined the room. */
  room(...names: string[]): BroadcastTarget<Emits> {
    return this.#with({ rooms: [...this.#target.rooms, ...names] });
  }

  /** The connections with this public id: all tabs of a user. */
  to(...ids: string[]): BroadcastTarget<Emits> {
    return this.#with({ ids: [...this.#target.ids, ...ids] });
  }

  /** All but these: a connection, a namespace of it, or every connection with a public id. */
  except(...exceptions: Exception[]): BroadcastTarget<Emits> {
    return this.#with(addExceptions(this.#target, exceptions));
  }

  /**
   * Sends an event to all of them, on every server of the cluster. Nobody answers; what fails is counted and reported.
   *
   * @throws {MESSAGE_TOO_LARGE} {EVENT_RESERVED} {BODY_NOT_SENDABLE} for what could be sent to nobody
   */
  broadcast<Name extends keyof Emits & string>(event: Name, ...[body]: BodyArgs<Emits[Name]>): void {
    this.#actions.broadcast(this.#target, event, body);
  }

  /**
   * As `broadcast`, and tells to how many connections the event was handed once every server has done so. A server that
   * does not answer within `askTimeoutMs` is not in the number; rejects when the others cannot be asked at all.
   */
  broadcastAcked<Name extends keyof Emits & string>(event: Name, ...[body]: BodyArgs<Emits[Name]>): Promise<number> {
    return observed(this.#actions.broadcastAcked(this.#target, event, body));
  }

  /**
   * Asks all of them, and gives the first answer.
   *
   * @throws {ASK_UNHEARD} when nobody is meant, {ASK_TIMEOUT} {ASK_ABORTED}, or the error of the last one if all answer with errors
   */
  ask<Name extends keyof Emits & string>(event: Name, body?: Emits[Name], options?: WaitOptions): Promise<Answer> {
    return observed(this.#actions.ask(this.#target, event, body, options));
  }

  /** How many connections are meant, on every server that answers in time. Rejects when the others cannot be asked at all. */
  count(): Promise<number> {
    return observed(this.#actions.count(this.#target));
  }

  /** Which connections are meant, on every server that answers in time. Rejects when the others cannot be asked at all. */
  members(): Promise<readonly Member[]> {
    return observed(this.#actions.members(this.#target));
  }

  #with(change: Partial<Target>): BroadcastTarget<Emits> {
    return new BroadcastTarget<Emits>(this.#actions, { ...this.#target, ...change });
  }
}

/** Everybody in a namespace. */
export function everybodyIn(namespace: string): Target {
  return { namespace, rooms: [], ids: [], exceptIds: [], exceptKeys: [] };
}

/** The same target without these, on top of those whom it leaves out already. */
export function addExceptions(target: Target, exceptions: readonly Exception[]): Target {
  const exceptIds = [...target.exceptIds];
  const exceptKeys = [...target.exceptKeys];
  for (const exception of exceptions) {
    if (typeof exception === 'string') exceptIds.push(exception);
    else exceptKeys.push('conn' in exception ? exception.conn.key : exception.key);
  }
  return { ...target, exceptIds, exceptKeys };
}
