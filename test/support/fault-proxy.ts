import { once } from 'node:events';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';

/** A TCP proxy that can do to a connection what networks do. */
export class FaultProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #isStalled = false;
  #isRefusing = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** @param target the port that it leads to */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#pairs.size;
  }

  /** Nothing passes any more, in either direction, and nobody is told; `false`: what has waited passes. */
  stall(isStalled = true): void {
    this.#isStalled = isStalled;
    for (const pair of this.#pairs) for (const socket of pair) isStalled ? socket.pause() : socket.resume();
  }

  /** Ends all connections. @param options `refuse`: lets none in again until `admit()` */
  cut({ refuse = false } = {}): void {
    this.#isRefusing = refuse;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  admit(): void {
    this.#isRefusing = false;
  }

  async stop(): Promise<void> {
    this.cut({ refuse: true });
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isRefusing) return void client.destroy();
    const server = dial(this.#target, '127.0.0.1');
    const pair = [client, server] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      this.#pairs.delete(pair);
      for (const socket of pair) socket.destroy();
    };
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#isStalled) from.resume();
      });
      from.on('error', end);
      from.on('close', end);
      if (this.#isStalled) from.pause();
    }
  }
}
