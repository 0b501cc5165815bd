import { WsError } from '../errors.js';
import type { Message } from '../ports/message.js';
import { describeEvent, isLifecycle, nameOf } from './heard-event.js';

/** What a test waits for. What is left out may be anything. */
export interface Wanted {
  readonly event: string | undefined;
  readonly namespace?: string | undefined;
  readonly room?: string | undefined;
  readonly where?: ((event: Message) => boolean) | undefined;
}

interface Entry {
  readonly message: Message;
  isTaken: boolean;
}

interface Waiter {
  readonly wanted: Wanted;
  resolve(message: Message): void;
  reject(error: unknown): void;
}

/** The most events that a message tells of: the last ones. */
const MAX_TOLD_EVENTS = 20;

/** What a recorder tells of itself where something is missing. */
interface Telling {
  /** What it records, for messages: `the event`. */
  readonly noun: string;
  /** What has gone wrong elsewhere and may be why something is missing; `undefined` for nothing. */
  readonly blame: () => unknown;
}

/** Everything of one kind that a client has heard, in order, to be taken one by one. */
export class Recorder {
  readonly #telling: Telling;
  readonly #entries: Entry[] = [];
  readonly #waiters = new Set<Waiter>();

  constructor(telling: Telling) {
    this.#telling = telling;
  }

  /** What has been heard, whether it was taken or not. */
  get messages(): readonly Message[] {
    return this.#entries.map(({ message }) => message);
  }

  /** Gives a message to who waits for it, the first of them; else it is kept. */
  add(message: Message): void {
    const entry = { message, isTaken: false };
    this.#entries.push(entry);
    for (const waiter of this.#waiters) {
      try {
        if (!fits(message, waiter.wanted)) continue;
        entry.isTaken = true;
        waiter.resolve(message);
      } catch (error) {
        waiter.reject(error); // thrown by its own `where`
      }
      this.#waiters.delete(waiter);
      if (entry.isTaken) return;
    }
  }

  /**
   * The first message that is wanted and has not been taken; waits for it while there is patience.
   *
   * @throws {EVENT_MISSING}
   */
  async take(wanted: Wanted, patience: (signal: AbortSignal) => Promise<string>): Promise<Message> {
    const there = this.#entries.find(({ isTaken, message }) => !isTaken && fits(message, wanted));
    if (there) {
      there.isTaken = true;
      return there.message;
    }
    const come = new AbortController();
    try {
      return await new Promise((resolve, reject) => {
        const waiter = { wanted, resolve, reject };
        this.#waiters.add(waiter);
        const giveUp = (waited: string): void => {
          if (this.#waiters.delete(waiter)) reject(this.#missing(wanted, waited));
        };
        patience(come.signal).then(giveUp, reject);
      });
    } finally {
      come.abort();
    }
  }

  /**
   * Makes sure that nothing of the kind is there that has not been taken.
   *
   * @throws {EVENT_UNEXPECTED}
   */
  refuse(wanted: Wanted): void {
    const come = this.#entries.filter(({ isTaken, message }) => !isTaken && fits(message, wanted));
    if (come.length === 0) return;
    throw new WsError('EVENT_UNEXPECTED', { what: this.#describe(wanted), came: told(come) });
  }

  #missing(wanted: Wanted, waited: string): WsError {
    const isOfKind = ({ message }: Entry): boolean =>
      isLifecycle(message.event) === (wanted.event !== undefined && isLifecycle(wanted.event));
    const cause = this.#telling.blame();
    return new WsError(
      'EVENT_MISSING',
      { what: this.#describe(wanted), waited, came: told(this.#entries.filter(isOfKind)) },
      cause === undefined ? undefined : { cause },
    );
  }

  #describe({ event, namespace, room, where }: Wanted): string {
    const { noun } = this.#telling;
    const parts = [event === undefined ? `${noun} of any name` : `${noun} ${nameOf(event)}`];
    if (namespace !== undefined) parts.push(`of the namespace ${JSON.stringify(namespace)}`);
    if (room !== undefined) parts.push(room === '' ? 'outside of rooms' : `in the room ${JSON.stringify(room)}`);
    if (where) parts.push('that fits `where`');
    return parts.join(' ');
  }
}

function fits(message: Message, { event, namespace, room, where }: Wanted): boolean {
  if (event === undefined ? isLifecycle(message.event) : message.event !== event) return false;
  if (namespace !== undefined && message.namespace !== namespace) return false;
  if (room !== undefined && message.room !== room) return false;
  return where === undefined || where(message);
}

function told(entries: readonly Entry[]): string[] {
  return entries
    .slice(-MAX_TOLD_EVENTS)
    .map(({ message, isTaken }) => `${describeEvent(message)}${isTaken ? ' (taken already)' : ''}`);
}
