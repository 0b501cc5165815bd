import { inject } from 'inversify';
import { CurrentUser, type Message, Msg, Namespace, NSConn, PublicError, Request } from 'nefeli';
import type { User } from './accounts.js';
import { Log } from './log.js';

const MAX_LENGTH = 500;

/** One who has signed in: who they are was found out by the route, before there was a connection. */
@Namespace('default')
export class ChatController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn,
    @inject(Request) private readonly request: Request,
    @inject(Log) private readonly log: Log,
  ) {}

  onNamespaceConnected(): void {
    this.log.info({ conn: this.ns.conn.id, ip: this.request.ip }, 'somebody is here');
  }

  /** To everybody else, under the name that the event was sent by: `chat` of some clients is `OnChat` of others. */
  onChat(@Msg() { event, body }: Message, @CurrentUser() user: User): void {
    if (typeof body !== 'string' || body.trim() === '' || body.length > MAX_LENGTH)
      throw new PublicError(`A message has 1 to ${MAX_LENGTH} characters.`);
    this.ns.broadcastOthers(event, `${user.email}: ${body}`);
  }
}
