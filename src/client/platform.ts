/** What a client needs of a WebSocket: that of a browser, of a worker, of Node, or of the package `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Ends it without waiting for the other side, where the platform can. */
  terminate?(): void;
}

/** What happens to a page. */
type PageListener = (event: { readonly type: string }) => void;

/** What a client needs of a page or a worker, as far as there is one. */
export interface Page {
  readonly location?: { readonly href: string };
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: { readonly visibilityState?: string };
  addEventListener?(event: string, listener: PageListener): void;
  removeEventListener?(event: string, listener: PageListener): void;
}

/** Where a client runs. Tests bring their own. */
export interface Platform {
  readonly page: Page;
  /** Milliseconds since some moment in the past, which nobody sets. */
  nowMs(): number;
  /** Does something once, later, unless what it returns is called before. `Infinity` is weeks at least. */
  after(delayMs: number, task: () => void): () => void;
  /** A number from 0 up to, and without, 1. */
  random(): number;
  /** Opens a socket. `heard` is called for what comes on it and is no message: pings, where the platform tells of them. */
  open(url: string, heard: () => void): WebSocketLike;
}

const web = globalThis as unknown as Page & { readonly WebSocket: new (url: string) => WebSocketLike }; // no types of the DOM here

/** A browser, a worker, or anything else with the same globals. Timers keep a process alive: the client means to come back. */
export const webPlatform: Platform = {
  page: web,
  nowMs: () => performance.now(),
  after: (delayMs, task) => {
    // A timer that is longer than 32 bits with a sign can hold fires at once. @source HTML, section 8.7
    const timer = setTimeout(task, Math.min(delayMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
  random: Math.random,
  open: (url) => new web.WebSocket(url),
};
