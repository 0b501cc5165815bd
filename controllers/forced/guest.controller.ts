import { inject } from 'inversify';
import { type Message, Namespace, NSConn, PublicError } from 'nefeli';

/** What the server tells the page. */
export interface GuestEvents {
  chat: string;
}

/** The room that every guest is put into. */
const ROOM = 'room1';

/** One guest: connected by the server, put into a room by the server, and sent away by the server. */
@Namespace('default')
export class GuestController {
  #goodbyes = 0;

  constructor(@inject(NSConn) private readonly ns: NSConn<GuestEvents>) {}

  async onNamespaceConnected(): Promise<void> {
    this.ns.emit('chat', "welcome to server's namespace");
    await this.ns.joinRoom(ROOM);
  }

  /** The first wish to leave is refused. Nobody can refuse the end of a connection, or what this side has decided. */
  onNamespaceDisconnect({ isForced, isLocal }: Message): void {
    if (isForced || isLocal) return;
    this.#goodbyes += 1;
    if (this.#goodbyes === 1) throw new PublicError('Stay a little longer.');
  }

  onChat({ body }: Message): void {
    this.ns.room(ROOM)?.broadcastOthers('chat', `${this.ns}: ${String(body).slice(0, 500)}`);
  }
}
