import type { Browser } from 'playwright-core';
import { ExamplePage } from '../controllers/example-page.js';

/** A page of the tests, whose globals stand in `browser-page.js`. */
export class Visit {
  readonly #page: ExamplePage;
  /** What the page has sent, by any of its sockets. */
  readonly sent: string[] = [];

  private constructor(page: ExamplePage) {
    this.#page = page;
    page.page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => void this.sent.push(String(payload)));
    });
  }

  /** Opens a page in a window of its own. It has dialled nothing yet. */
  static async open(browser: Browser, url: string): Promise<Visit> {
    const visit = new Visit(await ExamplePage.open(browser, url));
    await visit.page.waitForFunction('globalThis.enter');
    return visit;
  }

  get page(): ExamplePage['page'] {
    return this.#page.page;
  }

  /** Runs JavaScript on the page, and gives what it gives; what it throws is what this rejects with. */
  run<T = unknown>(code: string): Promise<T> {
    return this.page.evaluate<T>(code);
  }

  /** Dials, and joins the lobby. */
  async enter(options: object = {}): Promise<void> {
    await this.run(`enter(${JSON.stringify(options)})`);
  }

  get trace(): Promise<string[]> {
    return this.run('trace');
  }

  get state(): Promise<{ kind: string; code?: number; reason?: string; tries?: number }> {
    return this.run('conn.state.value');
  }
}
