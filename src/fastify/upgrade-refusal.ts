/** Why an upgrade does not come about, as far as Nefeli decides it. Hooks of the route answer by themselves. */
export interface UpgradeRefusal {
  /** 403: its origin; 426: it is no upgrade; 429: its address has too many connections; 503: the server is full, or closes. */
  readonly status: 403 | 426 | 429 | 503;
  /** In words: `origin not allowed`, `server full`, … */
  readonly reason: string;
}
