import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * The sockets whose upgrade has been asked for and not been answered with 101. What refuses an upgrade outside of the context
 * that knows websockets, such as the answer 404, leaves its socket open and unread; so does a hook that never ends. They end
 * after a while, and at once when the app closes.
 */
export class PendingUpgrades {
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  /** @param timeoutMs how long nothing may happen on the socket of an upgrade that is under way */
  constructor(server: Pick<Server, 'on'>, timeoutMs: number) {
    server.on('upgrade', (_: IncomingMessage, socket: Duplex) => {
      if (!(socket instanceof Socket)) return; // injectWS has no network beneath
      if (this.#isClosing) return void socket.destroy(); // nobody answers it any more
      this.#sockets.add(socket);
      // ws sets the timeout to 0 when it takes a socket over.
      socket.setTimeout(timeoutMs, () => socket.destroy());
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get size(): number {
    return this.#sockets.size;
  }

  /** Ends those that have not become websockets, and all that are still to come. */
  close(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets) if (socket.timeout) socket.destroy();
  }
}
