import { inject } from 'inversify';
import { type Message, Namespace, NSConn, PublicError } from 'nefeli';
import type { ChatEvents } from './chat-events.js';
import { History } from './history.js';
import { checkRoomName, readName, readText } from './input.js';
import { Logger } from './logger.js';
import { People } from './people.js';

/** One visitor of the chat: a controller is made for each, and let go when they leave. */
@Namespace('default')
export class ChatController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn<ChatEvents>,
    @inject(Logger) private readonly logger: Logger,
    @inject(People) private readonly people: People,
    @inject(History) private readonly history: History,
  ) {}

  /** Throwing here keeps the visitor out, and they read why. */
  onNamespaceConnect(): void {
    this.people.enter(this.#id, this.#wishedName());
  }

  onNamespaceConnected(): void {
    this.logger.log(`${this.#name} is here`);
    this.ns.emit('welcome', this.people.get(this.#id));
    this.ns.emit('rooms', this.people.rooms());
  }

  onNamespaceDisconnect(): void {
    this.logger.log(`${this.#name} has left`);
  }

  onRoomJoin({ room }: Message): void {
    checkRoomName(room);
    const [current] = this.ns.rooms;
    if (current) throw new PublicError(`You are in “${current.name}”. Leave it first.`);
  }

  onRoomJoined({ room }: Message): void {
    this.people.move(this.#id, room);
    this.ns.emit('history', { room, lines: this.history.of(room) });
    this.#tell(room, 'notice', { room, text: `${this.#name} joined`, at: Date.now() });
    this.#tellWhoIsIn(room);
  }

  /** Before the room is left, not after it: who is in it still can speak to it. */
  onRoomLeave({ room }: Message): void {
    this.people.move(this.#id, undefined);
    this.#tell(room, 'notice', { room, text: `${this.#name} left`, at: Date.now() });
    this.#tellWhoIsIn(room);
    if (this.people.in(room).length === 0) this.history.forget(room);
  }

  /** A message that names no room is for the one that its author is in. */
  onChat(msg: Message): void {
    const room = msg.room || (this.ns.rooms[0]?.name ?? '');
    if (!this.ns.room(room)) throw new PublicError('Join a room before you write.');
    const line = { room, from: this.people.get(this.#id), text: readText(msg.body), at: Date.now() };
    this.history.add(line);
    this.#tell(room, 'chat', line);
  }

  /** Answers with the name as it is now. */
  onRename(msg: Message): string {
    const before = this.#name;
    const name = readName(msg.body);
    if (name === before) return name;
    this.people.rename(this.#id, name);
    for (const { name: room } of this.ns.rooms) {
      this.#tell(room, 'notice', { room, text: `${before} is now ${name}`, at: Date.now() });
      this.#tellWhoIsIn(room);
    }
    return name;
  }

  /** After the last event, and also when the visitor was refused. */
  [Symbol.dispose](): void {
    this.people.leave(this.#id);
  }

  get #id(): string {
    return this.ns.conn.id;
  }

  get #name(): string {
    return this.people.get(this.#id).name;
  }

  /** A visitor who comes back brings their name along. One that is no name is as good as none. */
  #wishedName(): string | undefined {
    try {
      return readName(this.ns.conn.request.headers['x-username']);
    } catch {
      return undefined; // they get a name from us, and can choose another
    }
  }

  #tellWhoIsIn(room: string): void {
    this.#tell(room, 'roster', { room, people: this.people.in(room) });
    this.ns.broadcast('rooms', this.people.rooms());
  }

  /** Everybody in the room, this visitor included: so all of them see all of it in the same order. */
  #tell<Name extends keyof ChatEvents>(room: string, event: Name, body: ChatEvents[Name]): void {
    this.ns.room(room)?.broadcast(event, body);
  }
}
