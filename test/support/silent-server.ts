import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Takes connections, and never says a word. */
export class SilentServer {
  readonly #server: Server;
  /** How many connections there are. */
  open = 0;
  /** How many there were. */
  dialled = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      this.open += 1;
      this.dialled += 1;
      socket
        .on('error', () => {})
        .on('close', () => {
          this.open -= 1;
        });
      socket.resume();
    });
  }

  static async start(): Promise<SilentServer> {
    const silent = new SilentServer();
    silent.#server.listen(0, '127.0.0.1');
    await once(silent.#server, 'listening');
    return silent;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on a port, and not on a pipe
  }

  stop(): void {
    this.#server.close();
  }
}
