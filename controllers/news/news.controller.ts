import { inject } from 'inversify';
import { type Message, Namespace, NSConn, On, PublicError } from 'nefeli';
import { z } from 'zod';
import { Log } from './log.js';
import type { NewsEvents } from './news-events.js';
import { Newsroom } from './newsroom.js';

const Applause = z.object({ id: z.number().int() });

/** One reader: a controller is made for each connection. What others publish comes from the {@link Newsroom}. */
@Namespace('news')
export class NewsController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn<NewsEvents>,
    @inject(Newsroom) private readonly newsroom: Newsroom,
    @inject(Log) private readonly log: Log,
  ) {}

  /** A headline that is published at this moment is in the list, or comes after it: nothing falls between the two. */
  onNamespaceConnected(): void {
    this.log.info({ reader: this.ns.conn.id }, 'a reader is here');
    this.ns.emit('latest', this.newsroom.latest());
  }

  onNamespaceDisconnect(): void {
    this.log.info({ reader: this.ns.conn.id }, 'a reader has left');
  }

  @On('applaud', { body: Applause })
  onApplaud({ body }: Message<z.infer<typeof Applause>>): void {
    if (!this.newsroom.applaud(body.id)) throw new PublicError('This headline is too old to applaud.');
  }
}
