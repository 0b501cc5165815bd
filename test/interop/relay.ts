import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A network between a client and a server that can be taken down and put up again, until the test has finished. */
export class Relay {
  readonly port: number;
  /** Connections that came while the network was down. */
  refused = 0;
  isDown = false;
  readonly #sockets: Set<Socket>;

  private constructor(port: number, sockets: Set<Socket>) {
    this.port = port;
    this.#sockets = sockets;
  }

  static async to(target: number): Promise<Relay> {
    const sockets = new Set<Socket>();
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
    const relay = new Relay(port, sockets);
    server.on('connection', (socket) => relay.#pass(socket, target));
    onTestFinished(() => {
      relay.takeDown();
      server.close();
    });
    return relay;
  }

  takeDown(): void {
    this.isDown = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** The connections that there are pass nothing on any more, and do not end. New ones are as before. */
  fallSilent(): void {
    for (const socket of this.#sockets) socket.unpipe().pause();
  }

  #pass(client: Socket, target: number): void {
    client.on('error', () => {}); // a network that goes down is what it is for
    if (this.isDown) {
      this.refused += 1;
      return void client.destroy();
    }
    const server = connect(target, '127.0.0.1');
    server.on('error', () => {});
    for (const socket of [client, server]) this.#sockets.add(socket);
    client.pipe(server);
    server.pipe(client);
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  }
}
