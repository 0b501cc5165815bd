import { inject } from 'inversify';
import { type Message, Namespace, NSConn, PublicError } from 'nefeli';
import { Logger } from './logger.js';
import { Visits } from './visits.js';

/** What the server tells the page, under the names that clients written for Iris know. */
export interface VisitEvents {
  OnVisit: number;
  OnChat: Message['body'];
}

const MAX_CHAT_LENGTH = 500;

/** One visitor: a controller is made for each connection, and let go when it ends. */
@Namespace('default')
export class VisitsController {
  /** What is written here every visitor's controller has. It is their own: changing it changes it for nobody else. */
  readonly age = 42;
  readonly otherString = 'other string';

  constructor(
    @inject(NSConn) private readonly ns: NSConn<VisitEvents>,
    @inject(Logger) private readonly logger: Logger,
    @inject(Visits) private readonly visits: Visits,
  ) {}

  /** To all, the new one included: who has just come hears the count, too. */
  onNamespaceConnected(): void {
    this.logger.log(`${this.ns} is here (age ${this.age}, ${this.otherString})`);
    this.ns.broadcast('OnVisit', this.visits.enter());
  }

  onNamespaceDisconnect(): void {
    this.logger.log(`${this.ns} has left`);
    this.ns.broadcastOthers('OnVisit', this.visits.leave());
  }

  /** To all but the sender, as it came. */
  onChat({ body }: Message): void {
    if (body.length > MAX_CHAT_LENGTH) throw new PublicError(`A message has at most ${MAX_CHAT_LENGTH} characters.`);
    const { ip } = this.ns.conn.request;
    this.logger.log(`[IP: ${ip}] [ID: ${this.ns}] to the others: ${JSON.stringify(String(body))}`); // no line of its own
    this.ns.broadcastOthers('OnChat', body);
  }
}
