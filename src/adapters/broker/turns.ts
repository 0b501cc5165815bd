import type { Scheduler, Timer } from '../../ports/clock.js';

/** How long a broker may take for the next of what it was told to do before it is given up. */
const COMMAND_TIMEOUT_MS = 2_000;

/** Something that a broker was told to do. */
interface Command {
  isOver: boolean;
  fail(error: Error): void;
}

/**
 * What a session was told to do and has not done yet. Brokers carry out one after the other, so the time of a command begins when
 * those before it are done: one that is slow, and gets on, is not taken for one that stands still.
 *
 * One timer serves them all: how far they have got is looked at when it rings.
 */
export class Turns {
  readonly #commands: Command[] = [];
  /** When the first of them became the first. */
  #sinceMs = 0;
  #timer: Timer | undefined;

  /** How many commands are waited for. */
  get size(): number {
    return this.#commands.length;
  }

  /**
   * Waits for a command, but not longer than it may take.
   *
   * @returns the promise, and how to leave it: a client may leave who waits without an answer when its session is closed
   */
  wait(done: Promise<void>, scheduler: Scheduler): { readonly answered: Promise<void>; leave(error: Error): void } {
    const command: Command = { isOver: false, fail: () => {} };
    const answered = new Promise<void>((resolve, reject) => {
      command.fail = (error) => {
        this.#over(command, scheduler);
        reject(error);
      };
      done.then(() => {
        this.#over(command, scheduler);
        resolve();
      }, command.fail);
    });
    if (this.#commands.push(command) === 1) this.#sinceMs = scheduler.nowMs();
    if (!this.#timer) this.#ringIn(COMMAND_TIMEOUT_MS, scheduler);
    return { answered, leave: command.fail };
  }

  /** Whoever has used it will do so no more. No timer is left where nobody else waits. */
  leave(): void {
    if (this.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #over(command: Command, scheduler: Scheduler): void {
    command.isOver = true;
    while (this.#commands[0]?.isOver) {
      this.#commands.shift();
      this.#sinceMs = scheduler.nowMs();
    }
  }

  #ringIn(delayMs: number, scheduler: Scheduler): void {
    this.#timer = scheduler.after(delayMs, () => {
      this.#timer = undefined;
      const [first] = this.#commands;
      if (!first) return;
      const restMs = this.#sinceMs + COMMAND_TIMEOUT_MS - scheduler.nowMs();
      if (restMs > 0) return this.#ringIn(restMs, scheduler);
      // Where this process has stood still, timers come first: an answer that has arrived meanwhile is read before this.
      setImmediate(() => this.#giveUp(first, scheduler));
    });
  }

  #giveUp(command: Command, scheduler: Scheduler): void {
    if (command.isOver) return;
    command.fail(new Error(`the broker has not answered within ${COMMAND_TIMEOUT_MS} ms`));
    if (this.size > 0 && !this.#timer) this.#ringIn(COMMAND_TIMEOUT_MS, scheduler);
  }
}
