import type { Container } from 'inversify';
import type { EventMap, EventsOf } from '../ports/conn.js';
import type { Logger } from '../ports/logger.js';
import type { Server } from '../server/server.js';
import { ClientEnd } from './client-end.js';
import type { Failures, HandlerFailure } from './failures.js';
import { fakeRequest } from './fake-request.js';
import type { ManualClock } from './manual-clock.js';
import { openClient } from './open-client.js';
import type { ConnectOptions } from './options.js';
import { PairedSocket } from './paired-socket.js';
import { quietly } from './patience.js';
import { untilQuiet } from './quiet.js';
import type { TestClient } from './test-client.js';

/** The server as an application sees it: what `app.nefeli` is in an app. */
export type TestServer = Pick<
  Server,
  'in' | 'broadcast' | 'ask' | 'connections' | 'do' | 'close' | 'local' | 'cluster' | 'metrics'
>;

/** What a test is made of. */
export interface NamespaceTestParts {
  readonly server: Server;
  readonly container: Container;
  readonly clock: ManualClock;
  readonly failures: Failures;
  readonly log: Logger;
  /** The namespace that clients speak to where they say nothing. */
  readonly namespace: string;
  readonly native: 'only' | undefined;
  /** Called when the server has closed. */
  detach(): void;
}

/** As by default on a server, on the clock of the test. */
const ASK_TIMEOUT_MS = 10_000;

/** How long, in real time, handlers that wait for real things may go on when the test is over. */
const REAL_GRACE_MS = 200;

/** Longer than anything takes on the clock when the test is over: two handlers, one after the other, by default 30 s each. */
const LAST_RESORT_MS = 120_000;

/** A server without a network, its clients, and its time. Made by `testNamespace`. */
export class NamespaceTest {
  /** What an application does with the server, from anywhere. */
  readonly server: TestServer;
  /** What the controllers are made by. */
  readonly container: Container;
  /** The time of the server and of the clients. It stands still until it is told to move. */
  readonly clock: ManualClock;
  readonly #parts: NamespaceTestParts;
  readonly #server: Server;
  readonly #lines = new Map<TestClient<never>, PairedSocket>();
  #clients = 0;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: NamespaceTestParts) {
    this.#parts = parts;
    this.server = parts.server;
    this.#server = parts.server;
    this.container = parts.container;
    this.clock = parts.clock;
  }

  /**
   * What handlers have thrown that was no public error, in order: of the server, and those that the test has given to its
   * clients. Empty where the option `onError` hears of it instead.
   */
  get errors(): readonly HandlerFailure[] {
    return this.#parts.failures.all;
  }

  /** Gives {@link NamespaceTest.errors} and forgets them: the test has meant them to happen. */
  takeErrors(): readonly HandlerFailure[] {
    return this.#parts.failures.take();
  }

  /**
   * Opens a connection and connects it to a namespace.
   *
   * @typeParam Hears the events that the server sends, with their bodies; any when left out
   * @throws a `RemoteError` with the text of the server's refusal; {CONN_CLOSED} where it closes without one
   */
  async connect<Hears extends EventsOf<Hears> = EventMap>(options: ConnectOptions = {}): Promise<TestClient<Hears>> {
    const [serverSocket, clientSocket] = PairedSocket.pair();
    const { native, failures, clock, namespace } = this.#parts;
    const accepted = this.#server.accept(serverSocket, this.#arrivalOf(options));
    const end = new ClientEnd(clientSocket, {
      scheduler: clock,
      askTimeoutMs: ASK_TIMEOUT_MS,
      native,
      onError: failures.add,
      blame: () => failures.all.at(-1)?.error,
    });
    const client = await openClient(end, {
      to: options,
      defaultNamespace: namespace,
      native,
      patience: { toCome: quietly, notToCome: quietly },
      closed: end.conn.closed.then(async (info) => {
        // A handler that does not end by itself is not waited for: that takes time of the clock.
        await Promise.race([accepted?.closed, untilQuiet()]);
        return info;
      }),
    });
    this.#lines.set(client, serverSocket);
    return client as unknown as TestClient<Hears>; // the test says what its server sends
  }

  /**
   * Cuts the line of a client, as a network does that fails: nothing passes any more, and neither end is told. The server
   * finds out by its heartbeat, when the clock is moved on.
   */
  cut<Hears extends EventsOf<Hears>>(client: TestClient<Hears>): void {
    this.#lines.get(client as unknown as TestClient<never>)?.cut(); // one of those that were opened here
  }

  /** Fulfilled when nothing passes between the server and its clients any more, and what followed from it has happened. */
  async settle(): Promise<void> {
    await untilQuiet();
  }

  /**
   * Closes everything: clients are closed with 1001, and handlers are waited for. One that does not end is cut off. Twice is
   * once.
   *
   * @throws {FAILURES_NOT_TAKEN} where handlers have failed, also while closing, and the test has not taken that
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const socket of this.#lines.values()) if (socket.isCut) socket.terminate();
    const closing = this.#server.close({ timeoutMs: LAST_RESORT_MS });
    const isClosed = await this.#endsByItself(closing);
    if (!isClosed) {
      this.#parts.failures.isEnding = true;
      await this.clock.advance(LAST_RESORT_MS);
    }
    await closing;
    this.#parts.detach();
    await untilQuiet();
    this.#parts.failures.mustBeTaken();
  }

  async #endsByItself(closing: Promise<void>): Promise<boolean> {
    const ended = new AbortController();
    const end = closing.then(() => true);
    try {
      await Promise.race([end, untilQuiet()]);
      return await Promise.race([end, quietly(REAL_GRACE_MS, ended.signal).then(() => false)]);
    } finally {
      ended.abort();
    }
  }

  #arrivalOf({ id, user, request: given = {}, reconnectTries = 0 }: ConnectOptions): Parameters<Server['accept']>[1] {
    const { log } = this.#parts;
    this.#clients += 1;
    const request = fakeRequest({ given, user, reconnectTries, log });
    const { user: found, ip } = request as { readonly user?: unknown; readonly ip?: unknown }; // a fake has whatever it was given
    return {
      id: id ?? `client-${this.#clients}`,
      request,
      user: found,
      log,
      reconnectTries,
      address: String(ip),
    };
  }
}
