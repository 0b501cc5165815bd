import { inject } from 'inversify';
import { Body, type Message, Namespace, NSConn, On, reply } from 'nefeli';
import { z } from 'zod';

/** What the server sends in the namespace of {@link ChatController}. */
export interface ChatEvents {
  chat: { from: string; at: Date };
  text: string;
  pic: Uint8Array;
  tick: undefined;
}

/** A service, so that the constructor has more than the connection. */
export class Journal {
  readonly lines: string[] = [];
}

/** A controller of every kind of handler. */
@Namespace('default')
export class ChatController {
  static readonly eventNames = { onTotal: 'sum', onMany: ['one', 'two'], renamed: 'any name' } as const;

  /** Counts, and is no event. */
  count = 0;

  constructor(
    @inject(NSConn) private readonly ns: NSConn<ChatEvents>,
    @inject(Journal) private readonly journal: Journal,
  ) {}

  onNamespaceConnected(): void {
    this.ns.emit('tick');
  }

  onRoomJoin(): void {}

  onChat(msg: Message): void {
    this.journal.lines.push(String(msg.body));
    this.ns.broadcast('chat', { from: this.ns.conn.id, at: new Date(0) });
  }

  onNothing(): void {}

  onText(msg: Message): string {
    return String(msg.body);
  }

  onBytes(): Uint8Array {
    return new Uint8Array(1);
  }

  async onLater(_: Message) {
    return reply({ at: new Date(0), of: new Map<string, number>(), skipped: () => 5 });
  }

  @On('sum', { body: z.array(z.number()) })
  onTotal(msg: Message<number[]>): number {
    return msg.body.reduce((a, b) => a + b, 0);
  }

  @On('one')
  @On('two')
  onMany(msg: Message): string {
    return msg.name;
  }

  @On('any name')
  renamed(): null {
    return null;
  }

  @On('maybe', { body: z.number().optional() })
  onMaybe(msg: Message<number | undefined>): boolean | undefined {
    return msg.body === undefined ? undefined : msg.body > 0;
  }

  @On('when', { body: z.coerce.date() })
  onWhen(msg: Message<Date>): number {
    return msg.body.getTime();
  }

  @On('picture', { body: z.instanceof(Uint8Array), as: 'bytes' })
  onPicture(msg: Message<Uint8Array>): number {
    return msg.body.length;
  }

  @On('decorated', { body: z.number() })
  onDecorated(@Body() value: number): number {
    return value;
  }

  onTyped(_: Message, ns: NSConn<{ typed: number }>): void {
    ns.emit('typed', this.#secret());
  }

  onlineUsers(): number {
    return this.count;
  }

  once(): void {}

  #secret(): number {
    return 5;
  }
}
