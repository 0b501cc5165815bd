import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Scheduler, Timer } from '../ports/clock.js';

/** What pending upgrades are counted by. */
export interface PendingUpgradesOptions {
  /** How long an upgrade may be under way. */
  readonly timeoutMs: number;
  readonly scheduler: Scheduler;
}

/**
 * The sockets whose upgrade has been asked for and not been answered with 101. What refuses an upgrade outside of the context
 * that knows websockets, such as the answer 404, leaves its socket open and unread; so does a hook that never ends. They end
 * after a while, and at once when the app closes.
 *
 * One timer for all, and no listener that stays: with a timeout and a listener at each socket a connection keeps some 600
 * bytes more for as long as it lives (`npm run bench -- idle`, Node 20.20, November 2026).
 */
export class PendingUpgrades {
  readonly #options: PendingUpgradesOptions;
  /** By when each is to be answered. All have the same time, so the first is due first. */
  readonly #dueMs = new Map<Socket, number>();
  readonly #onClose: (this: Socket) => void;
  #timer: Timer | undefined;
  #isClosing = false;

  constructor(server: Pick<Server, 'on'>, options: PendingUpgradesOptions) {
    this.#options = options;
    const dueMs = this.#dueMs;
    this.#onClose = function (this: Socket) {
      dueMs.delete(this);
    };
    server.on('upgrade', (_: IncomingMessage, socket: Duplex) => {
      if (!(socket instanceof Socket)) return; // injectWS has no network beneath
      if (this.#isClosing) return void socket.destroy(); // nobody answers it any more
      this.#add(socket);
    });
  }

  get size(): number {
    return this.#dueMs.size;
  }

  /** To be called when an upgrade is about to be answered with 101. */
  answered({ socket }: Partial<Pick<IncomingMessage, 'socket'>>): void {
    if (socket && this.#dueMs.delete(socket)) socket.removeListener('close', this.#onClose);
  }

  /** Ends those that have not become websockets, and all that are still to come. */
  close(): void {
    this.#isClosing = true;
    this.#timer?.cancel();
    for (const socket of this.#dueMs.keys()) socket.destroy();
  }

  #add(socket: Socket): void {
    const { scheduler, timeoutMs } = this.#options;
    this.#dueMs.set(socket, scheduler.nowMs() + timeoutMs);
    socket.on('close', this.#onClose);
    this.#timer ??= scheduler.after(timeoutMs, () => this.#endOverdue());
  }

  #endOverdue(): void {
    const { scheduler } = this.#options;
    this.#timer = undefined;
    const nowMs = scheduler.nowMs();
    for (const [socket, dueMs] of this.#dueMs) {
      if (dueMs > nowMs) {
        this.#timer = scheduler.after(dueMs - nowMs, () => this.#endOverdue());
        return;
      }
      socket.destroy();
    }
  }
}
