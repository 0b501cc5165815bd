import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CommonTimeout } from '../core/common-timeout.js';
import { systemRandom } from '../core/web-platform.js';
import type { Scheduler } from '../ports/clock.js';
import { retryAfter } from './retry-after.js';

/** The server whose upgrades are watched. */
type UpgradingServer = Pick<Server, 'on' | 'prependListener'>;

/**
 * Where the app closes, Fastify would answer without saying when to come back, and leave the socket open; what it writes after
 * this goes nowhere, and is in its log.
 */
function answerLate(_: IncomingMessage, socket: Duplex): void {
  if (socket instanceof Socket) answerClosed(socket);
}

function answerClosed(socket: Socket): void {
  const body = JSON.stringify({ statusCode: 503, message: 'server closed' });
  const lines = [
    'HTTP/1.1 503 Service Unavailable',
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${body.length}`,
    `Retry-After: ${retryAfter(systemRandom)}`,
  ];
  socket.on('error', ignoreError);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Who goes before the answer has left has no need of it. */
function ignoreError(): void {}

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
 * bytes more for as long as it lives (`npm run bench -- idle`, Node 20.20, November 2026). Made after `@fastify/websocket` has
 * begun to listen, it sees only what is left: an upgrade whose hooks take no time is answered by then.
 */
export class PendingUpgrades {
  readonly #pending: CommonTimeout<Socket>;
  readonly #onClose: (this: Socket) => void;
  readonly #server: UpgradingServer;
  /** Whose answer went out last, as long as that may have been within the event that tells of the upgrade. */
  #lastAnswered: Duplex | undefined;

  constructor(server: UpgradingServer, options: PendingUpgradesOptions) {
    this.#server = server;
    const pending = new CommonTimeout<Socket>({ ...options, onOverdue: (socket) => socket.destroy() });
    this.#pending = pending;
    this.#onClose = function (this: Socket) {
      pending.delete(this);
    };
    server.on('upgrade', (_: IncomingMessage, socket: Duplex) => {
      const isAnswered = socket === this.#lastAnswered;
      this.#lastAnswered = undefined;
      // injectWS has no network beneath.
      if (!isAnswered && socket instanceof Socket && !socket.closed) this.#add(socket);
    });
  }

  get size(): number {
    return this.#pending.size;
  }

  /** To be called when an upgrade is about to be answered with 101. */
  answered({ socket }: Partial<Pick<IncomingMessage, 'socket'>>): void {
    if (socket && this.#pending.delete(socket)) socket.removeListener('close', this.#onClose);
    else this.#lastAnswered = socket;
  }

  /** Answers 503 to those whose hooks have not ended, and to all that are still to come. */
  close(): void {
    this.#server.prependListener('upgrade', answerLate);
    for (const socket of this.#pending.items()) {
      // Where something has been written it has been answered, with 404 perhaps.
      if (socket.bytesWritten === 0) answerClosed(socket);
      else socket.destroy();
    }
  }

  #add(socket: Socket): void {
    this.#pending.add(socket);
    socket.on('close', this.#onClose);
  }
}
