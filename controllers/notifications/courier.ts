import { inject, injectable } from 'inversify';
import { Broadcaster, type Scheduler, type Timer } from 'nefeli';
import { Log } from './log.js';
import type { AgentEvents, Notification } from './notification.js';
import { PendingNotifications } from './pending-notifications.js';

/** When the courier goes, and by which clock. */
export abstract class Rounds {
  abstract readonly everyMs: number;
  abstract readonly scheduler: Scheduler;
}

/** Takes notifications to their users, in rounds. What nobody was there for waits for the next. */
@injectable()
export class Courier {
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(
    @inject(PendingNotifications) private readonly pending: PendingNotifications,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster<{ agent: AgentEvents }>,
    @inject(Rounds) private readonly rounds: Rounds,
    @inject(Log) private readonly log: Log,
  ) {}

  /** The first round is after the first interval, and each next one that long after the end of the one before. */
  start(): void {
    const { everyMs, scheduler } = this.rounds;
    this.#timer = scheduler.after(everyMs, async () => {
      try {
        await this.deliver();
      } catch (err) {
        this.log.error({ err }, 'a round has failed: what was not handed over waits for the next');
      }
      if (!this.#isStopped) this.start();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** One round. */
  async deliver(): Promise<void> {
    for (const notification of this.pending.all()) {
      if (await this.#handOver(notification)) this.pending.remove(notification);
    }
  }

  async #handOver(notification: Notification): Promise<boolean> {
    const user = this.broadcaster.in('agent').to(notification.userId);
    const connections = await user.broadcastAcked('OnNotification', notification);
    if (connections > 0) this.log.info({ id: notification.id, connections }, 'a notification was handed over');
    return connections > 0;
  }
}
