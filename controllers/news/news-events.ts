/** A headline as it was published. */
export interface Headline {
  /** Counts from 1 on, in the order of publishing. */
  readonly id: number;
  readonly title: string;
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** How often readers have applauded. */
  readonly applause: number;
}

/** What the namespace `news` tells the page, by event. Every body is JSON. */
export interface NewsEvents {
  /** The first event of all: what has been published so far, the newest first. */
  latest: readonly Headline[];
  /** To every reader, whoever published it. */
  published: Headline;
  /** To every reader, as it stands after the applause. */
  applauded: Headline;
}
