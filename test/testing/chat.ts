import { inject } from 'inversify';
import { type Message, Namespace, NSConn, PublicError } from 'nefeli';

/** Where the chat of these tests writes who comes and goes. */
export class Journal {
  readonly lines: string[] = [];
}

/** What the chat sends. */
export interface ChatEvents {
  chat: string;
  said: { from: string; text: string };
}

/** A controller of each connection that does a little of everything. */
@Namespace('chat')
export class ChatController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn<ChatEvents>,
    @inject(Journal) private readonly journal: Journal,
  ) {}

  onNamespaceConnect(msg: Message): void {
    if (msg.body === 'banned') throw new PublicError('you are banned');
  }

  onNamespaceConnected(): void {
    this.journal.lines.push(`${this.ns} is here`);
  }

  async onNamespaceDisconnect(): Promise<void> {
    await Promise.resolve();
    this.journal.lines.push(`${this.ns} has left`);
  }

  onRoomJoin({ room }: Message): void {
    if (room === 'secret') throw new PublicError('members only');
  }

  onRoomLeave({ room }: Message): void {
    if (room === 'jail') throw new PublicError('not yet');
  }

  onChat(msg: Message): void {
    this.ns.broadcastOthers('chat', String(msg.body));
  }

  onSay(msg: Message): void {
    this.ns.room(msg.room)?.broadcast('said', { from: this.ns.conn.id, text: String(msg.body) });
  }

  onSum(msg: Message): number {
    const numbers = msg.json() as number[]; // these tests send nothing else
    return numbers.reduce((a, b) => a + b, 0);
  }

  onEcho(msg: Message): unknown {
    return msg.body;
  }

  onShout(): void {
    throw new PublicError('not so loud');
  }

  onBreak(): void {
    throw new TypeError('a bug');
  }

  onWait(): Promise<never> {
    return new Promise(() => {});
  }
}
