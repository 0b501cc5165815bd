import { inject } from 'inversify';
import { type Message, Namespace, NSConn } from 'nefeli';
import { Log } from './log.js';

/**
 * One page that is open: a controller is made when it connects, and let go when it has left. The page speaks plain websocket
 * messages, which belong to the namespace without a name. What it is sent comes from the `Messenger`.
 */
@Namespace('')
export class MessagesController {
  constructor(
    @inject(NSConn) private readonly ns: NSConn,
    @inject(Log) private readonly log: Log,
  ) {
    this.log.info({ user: this.ns.conn.id }, 'a page is open');
  }

  onNativeMessage({ body }: Message): void {
    const text = typeof body === 'string' ? body : `${body.length} bytes`;
    this.log.info({ user: this.ns.conn.id }, `receive message: ${text}`);
  }

  [Symbol.dispose](): void {
    this.log.info({ user: this.ns.conn.id }, 'a page was closed');
  }
}
