import { observed } from '../core/observed.js';
import type { Act, Member } from '../ports/adapter.js';
import type { Answer, BroadcastTarget, Exception, Gathered } from '../ports/broadcaster.js';
import type { BodyArgs, EventMap, EventsOf, WaitOptions } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';
import { CloseCode } from '../protocol/close-codes.js';

/** What a target is carried out by. */
export interface TargetActions {
  broadcast(target: Target, event: string, body: unknown): void;
  broadcastAcked(target: Target, event: string, body: unknown): Promise<number>;
  ask(target: Target, event: string, body: unknown, options?: WaitOptions): Promise<Answer>;
  gather(target: Target, event: string, body: unknown, options?: WaitOptions): Promise<Gathered>;
  act(target: Target, act: Act, options?: WaitOptions): Promise<number>;
  count(target: Target): Promise<number>;
  rooms(target: Target): Promise<readonly string[]>;
  members(target: Target): Promise<readonly Member[]>;
}

/** Those who are meant by a broadcast, a count or an ask of this server. */
export class LiveBroadcastTarget<Emits extends EventsOf<Emits> = EventMap> implements BroadcastTarget<Emits> {
  readonly #actions: TargetActions;
  readonly #target: Target;

  constructor(actions: TargetActions, target: Target) {
    this.#actions = actions;
    this.#target = target;
  }

  room(...names: string[]): BroadcastTarget<Emits> {
    return this.#with({ rooms: [...this.#target.rooms, ...names] });
  }

  to(...ids: string[]): BroadcastTarget<Emits> {
    return this.#with({ ids: [...this.#target.ids, ...ids] });
  }

  except(...exceptions: Exception[]): BroadcastTarget<Emits> {
    return this.#with(addExceptions(this.#target, exceptions));
  }

  broadcast<Name extends keyof Emits & string>(event: Name, ...[body]: BodyArgs<Emits[Name]>): void {
    this.#actions.broadcast(this.#target, event, body);
  }

  broadcastAcked<Name extends keyof Emits & string>(event: Name, ...[body]: BodyArgs<Emits[Name]>): Promise<number> {
    return observed(this.#actions.broadcastAcked(this.#target, event, body));
  }

  ask<Name extends keyof Emits & string>(event: Name, body?: Emits[Name], options?: WaitOptions): Promise<Answer> {
    return observed(this.#actions.ask(this.#target, event, body, options));
  }

  gather<Name extends keyof Emits & string>(event: Name, body?: Emits[Name], options?: WaitOptions): Promise<Gathered> {
    return observed(this.#actions.gather(this.#target, event, body, options));
  }

  count(): Promise<number> {
    return observed(this.#actions.count(this.#target));
  }

  members(): Promise<readonly Member[]> {
    return observed(this.#actions.members(this.#target));
  }

  rooms(): Promise<readonly string[]> {
    return observed(this.#actions.rooms(this.#target));
  }

  joinRoom(name: string, options?: WaitOptions): Promise<number> {
    return this.#act({ kind: 'joinRoom', room: name }, options);
  }

  leaveRoom(name: string, options?: WaitOptions): Promise<number> {
    return this.#act({ kind: 'leaveRoom', room: name }, options);
  }

  disconnect(options?: WaitOptions): Promise<number> {
    return this.#act({ kind: 'disconnect' }, options);
  }

  close(code: number = CloseCode.Normal, reason = ''): Promise<number> {
    return this.#act({ kind: 'close', code, reason });
  }

  #act(act: Act, options?: WaitOptions): Promise<number> {
    return observed(this.#actions.act(this.#target, act, options));
  }

  #with(change: Partial<Target>): LiveBroadcastTarget<Emits> {
    return new LiveBroadcastTarget<Emits>(this.#actions, { ...this.#target, ...change });
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
