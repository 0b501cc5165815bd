import type { LiveConn } from '../core/live-conn.js';
import type { Socket } from '../ports/socket.js';
import type { Beating } from './heartbeat.js';

/** What a server keeps of one connection until its socket has closed and its last event has been handled. */
export class Session implements Beating {
  readonly conn: LiveConn;
  readonly address: string;
  /** Fulfilled when nothing is left to come. */
  readonly over: Promise<void>;
  readonly #socket: Socket;
  #isSocketClosed = false;
  #resolveSocketClosed: (() => void) | undefined;

  constructor(conn: LiveConn, socket: Socket, address: string) {
    this.conn = conn;
    this.address = address;
    this.#socket = socket;
    // Nothing is made for the socket until it is waited for: a connection that lives has few promises.
    this.over = conn.closed.then(() => this.#socketClosed());
  }

  onSocketClosed(): void {
    this.#isSocketClosed = true;
    this.#resolveSocketClosed?.();
  }

  #socketClosed(): Promise<void> | undefined {
    if (this.#isSocketClosed) return undefined;
    return new Promise((resolve) => {
      this.#resolveSocketClosed = resolve;
    });
  }

  ping(): void {
    this.#socket.ping();
  }

  isReadingPaused(): boolean {
    return this.conn.isReadingPaused;
  }

  onLost(): void {
    this.conn.settings.metrics.count('heartbeat.lost');
    this.conn.terminate('no pong');
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
