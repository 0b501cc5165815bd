import { inject } from 'inversify';
import { type Message, Namespace, type NSConn } from 'nefeli';
import { Log } from './log.js';

/** Users who wait for notifications: the id of a connection is that of its user. They only listen. */
@Namespace('agent')
export class AgentController {
  constructor(@inject(Log) private readonly log: Log) {}

  onNamespaceConnected(_: Message, ns: NSConn): void {
    this.log.info({ user: ns.conn.id }, 'a user is connected');
  }

  onNamespaceDisconnect(_: Message, ns: NSConn): void {
    this.log.info({ user: ns.conn.id }, 'a user has disconnected');
  }
}
