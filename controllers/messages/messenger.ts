import { inject, injectable } from 'inversify';
import { Broadcaster, NATIVE_MESSAGE } from 'nefeli';
import { Cache } from './cache.js';
import { Log } from './log.js';
import { MessageStore } from './message-store.js';
import type { Draft, SystemMessage } from './system-message.js';

/** How many of the past messages a visitor is shown. */
const LATEST = 50;

/** Raw messages belong to no namespace, which is the one without a name. */
interface Sent {
  '': { [NATIVE_MESSAGE]: SystemMessage };
}

/** Sends messages to whoever is connected, and keeps them. One for the process, shared by HTTP and websockets. */
@injectable()
export class Messenger {
  constructor(
    @inject(MessageStore) private readonly store: MessageStore,
    @inject(Cache) private readonly cache: Cache<string, readonly SystemMessage[]>,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster<Sent>,
    @inject(Log) private readonly log: Log,
  ) {}

  /**
   * Sends a message in somebody's name, and keeps it.
   *
   * @returns to how many connections it was handed; 0 when nobody is there, and then nothing is kept
   */
  async send(username: string, { message, user }: Draft): Promise<number> {
    const everybody = this.broadcaster.in('');
    const receivers = user === undefined ? everybody : everybody.to(user);
    if ((await receivers.count()) === 0) return 0;
    const sent = this.store.add(username, { message, user });
    this.cache.clear();
    const count = await receivers.broadcastAcked(NATIVE_MESSAGE, sent);
    if (count === 0) {
      this.store.remove(sent.id); // they have left meanwhile: who sends it again wants it to be there once
      this.cache.clear();
      return 0;
    }
    this.log.info({ message: sent.id, from: username, to: user ?? 'everybody', receivers: count }, 'a message is out');
    return count;
  }

  /** What somebody was sent last, the oldest first. Read from the database once, until there is a new one. */
  latestFor(username: string): readonly SystemMessage[] {
    return this.cache.get(username, () => this.store.latestFor(username, LATEST));
  }
}
