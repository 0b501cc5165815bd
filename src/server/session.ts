import type { LiveConn } from '../core/live-conn.js';
import type { Socket } from '../ports/socket.js';
import { Beating } from './heartbeat.js';
import type { OutboxOwner } from './outbox.js';

/** What a server keeps of one connection until its socket has closed and its last event has been handled. */
export class Session extends Beating implements OutboxOwner {
  readonly conn: LiveConn;
  readonly address: string;
  readonly #socket: Socket;
  #over: Promise<void> | undefined;
  #isSocketClosed = false;
  #resolveSocketClosed: (() => void) | undefined;

  constructor(conn: LiveConn, socket: Socket, address: string) {
    super();
    this.conn = conn;
    this.address = address;
    this.#socket = socket;
  }

  /** Fulfilled when nothing is left to come. Made when it is first asked for: a connection that lives has no promises. */
  get over(): Promise<void> {
    this.#over ??= this.conn.closed.then(() => this.#socketClosed());
    return this.#over;
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

  unfinishedBytes(): number {
    return this.#socket.unfinishedBytes;
  }

  bytesBeforePing(): number {
    return this.#socket.bytesBeforePing;
  }

  onLost(): void {
    this.conn.settings.metrics.count('heartbeat.lost');
    this.conn.terminate('no pong');
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
