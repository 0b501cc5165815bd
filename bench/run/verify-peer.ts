import { WebSocket } from 'ws';
import type { Protocol } from '../load/protocols.js';

/** What a peer must answer, at the latest. In milliseconds. */
const ANSWER_MS = 5_000;
const BODY = 'of the work; all of it, to all members: "ποιώ"';

/**
 * Checks that a server does the work that it is measured by: echoes and asks with their bodies, broadcasts to everybody
 * and to those in a room, and to them alone. What it does faster by doing less would not count.
 *
 * @param ports those of its processes: the two clients are on the first and on the last
 */
export async function verifyPeer(ports: readonly number[], protocol: Protocol): Promise<void> {
  const urlOf = (port: number | undefined) => `ws://127.0.0.1:${port}${protocol.path}`;
  const ada = await Client.open(urlOf(ports.at(0)), protocol);
  const bob = await Client.open(urlOf(ports.at(-1)), protocol);
  ada.send(protocol.emit('echo', BODY));
  await ada.expect(protocol.delivered('echo', BODY));
  ada.send(protocol.ask('7', BODY));
  await ada.expect(protocol.replied('7', BODY));
  ada.send(protocol.emit('cast', BODY));
  await Promise.all([ada, bob].map((client) => client.expect(protocol.delivered('cast', BODY))));
  for (const client of [ada, bob]) {
    client.send(protocol.join('r'));
    await client.next();
  }
  ada.send(protocol.emit('say', BODY, 'r'));
  await Promise.all([ada, bob].map((client) => client.expect(protocol.delivered('say', BODY, 'r'))));
  bob.send(protocol.leave('r'));
  await bob.next();
  ada.send(protocol.emit('say', 'among us', 'r'));
  ada.send(protocol.emit('cast', 'to all'));
  await ada.expect(protocol.delivered('say', 'among us', 'r'));
  await bob.expect(protocol.delivered('cast', 'to all'));
  for (const client of [ada, bob]) client.close();
}

/** A client by the book: the load generator's own, which only counts, is not what checks. */
class Client {
  readonly #socket: WebSocket;
  readonly #received: string[] = [];
  #arrived: () => void = () => {};

  private constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on('message', (data) => {
      this.#received.push(String(data));
      this.#arrived();
    });
  }

  static async open(url: string, { opening }: Protocol): Promise<Client> {
    const client = new Client(url);
    await new Promise((resolve, reject) => {
      client.#socket.on('open', resolve);
      client.#socket.on('error', reject);
    });
    for (const { send, answers } of opening) {
      if (send !== undefined) client.send(send);
      for (let times = 0; times < answers; times++) await client.next();
    }
    return client;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }

  async next(): Promise<string> {
    const deadline = AbortSignal.timeout(ANSWER_MS);
    for (;;) {
      const text = this.#received.shift();
      if (text !== undefined) return text;
      await new Promise<void>((resolve, reject) => {
        this.#arrived = resolve;
        deadline.onabort = () => reject(new Error(`nothing was answered within ${ANSWER_MS} ms`));
      });
    }
  }

  async expect(text: string): Promise<void> {
    const received = await this.next();
    if (received !== text) throw new Error(`answered ${JSON.stringify(received)} instead of ${JSON.stringify(text)}`);
  }
}
