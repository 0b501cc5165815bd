import { inject, injectable } from 'inversify';
import { Broadcaster } from 'nefeli';
import type { Draft } from './draft.js';
import { Headlines } from './headlines.js';
import { Log } from './log.js';
import type { Headline, NewsEvents } from './news-events.js';

/** A headline that is out, and how many readers it was handed to. */
export interface Publication {
  readonly headline: Headline;
  readonly readers: number;
}

/** What both controllers have injected: one for the process. It speaks to the readers without holding a connection. */
@injectable()
export class Newsroom {
  constructor(
    @inject(Headlines) private readonly headlines: Headlines,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster<{ news: NewsEvents }>,
    @inject(Log) private readonly log: Log,
  ) {}

  async publish(draft: Draft): Promise<Publication> {
    const headline = this.headlines.add(draft);
    const readers = await this.broadcaster.in('news').broadcastAcked('published', headline);
    this.log.info({ headline: headline.id, readers }, 'a headline is out');
    return { headline, readers };
  }

  /** Tells every reader of the applause. Gives `false` for a headline that is not there. */
  applaud(id: number): boolean {
    const headline = this.headlines.applaud(id);
    if (headline) this.broadcaster.in('news').broadcast('applauded', headline);
    return headline !== undefined;
  }

  /** The newest first. */
  latest(): readonly Headline[] {
    return this.headlines.latest();
  }
}
