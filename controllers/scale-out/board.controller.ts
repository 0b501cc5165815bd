import { inject } from 'inversify';
import { Broadcaster, type Message, Namespace, NSConn, PublicError } from 'nefeli';
import { ServerName } from './server-name.js';

const MAX_TEXT = 200;

/** What one says is heard on every server; who says it knows on which one. */
@Namespace('board')
export class BoardController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn,
    @inject(ServerName) private readonly server: ServerName,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster,
  ) {}

  async onNamespaceConnected() {
    this.ns.emit('welcome', { server: this.server.text });
    await this.#tellHowMany();
  }

  onNamespaceDisconnect() {
    // This one is gone when the others are counted.
    setImmediate(() => void this.#tellHowMany());
  }

  onSay(msg: Message) {
    const text = String(msg.body).trim().slice(0, MAX_TEXT);
    if (text === '') throw new PublicError('There is nothing to say.');
    this.ns.broadcast('said', { text, server: this.server.text, by: this.ns.conn.id.slice(0, 4) });
  }

  /** Asks every page on every server, and gives all answers. */
  async onRollCall() {
    const { answers, failures, isComplete } = await this.broadcaster
      .in('board')
      .gather('who are you', undefined, { timeoutMs: 2_000 });
    return { answers: answers.map(({ body }) => String(body)), silent: failures.length, isComplete };
  }

  async #tellHowMany(): Promise<void> {
    try {
      const everybody = this.broadcaster.in('board');
      everybody.broadcast('count', { connections: await everybody.count() });
    } catch {
      // The broker is away, or the server is closing: the next one who comes or goes is told.
    }
  }
}
