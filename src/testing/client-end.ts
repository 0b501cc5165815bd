import type { Payload } from '../core/body.js';
import { connectAtOnce } from '../core/connect-procedures.js';
import type { EventHandler } from '../core/event-maps.js';
import { LiveConn } from '../core/live-conn.js';
import { LiveMessage } from '../core/live-message.js';
import type { ErrorInfo } from '../core/settings.js';
import { systemRandom } from '../core/web-platform.js';
import type { Scheduler } from '../ports/clock.js';
import type { ConnRequest } from '../ports/conn-request.js';
import type { Socket } from '../ports/socket.js';
import { type ConnLimits, DEFAULT_CONN_LIMITS } from '../protocol/limits.js';
import { Counters } from '../server/counters.js';
import { ClientTable } from './client-table.js';
import { ClientWire, NativeClientWire } from './client-wire.js';
import { Recorder } from './recorder.js';
import { silentLog } from './silent-log.js';

/** What a client of a test goes by. */
export interface ClientEndOptions {
  readonly scheduler: Scheduler;
  readonly askTimeoutMs: number;
  /** Raw messages only. */
  readonly native?: 'only' | undefined;
  /** Hears what handlers of the test itself throw. */
  readonly onError: (error: unknown, info: ErrorInfo) => void;
  /** What has failed on the server, as far as the test can see it: the cause of what is missing on the client. */
  readonly blame: () => unknown;
}

/** A client holds to no limit, so that a test can go beyond those of the server. */
const NO_LIMITS: ConnLimits = {
  ...DEFAULT_CONN_LIMITS,
  maxMessageBytes: Number.POSITIVE_INFINITY,
  maxRooms: Number.POSITIVE_INFINITY,
  maxNamespaces: Number.POSITIVE_INFINITY,
  maxEarlyFrames: Number.POSITIVE_INFINITY,
  maxEarlyBytes: Number.POSITIVE_INFINITY,
  maxInboxFrames: Number.POSITIVE_INFINITY,
  maxInboxBytes: Number.POSITIVE_INFINITY,
  maxRunningHandlers: Number.POSITIVE_INFINITY,
  maxNamespaceBytes: Number.POSITIVE_INFINITY,
  maxRoomBytes: Number.POSITIVE_INFINITY,
  maxEventBytes: Number.POSITIVE_INFINITY,
};

/** How long a handler of the test may take. As on a server. */
const HANDLER_TIMEOUT_MS = 30_000;

/** The client's end of a connection: the core's, with everything that it hears recorded. */
export class ClientEnd {
  readonly conn: LiveConn;
  /** What the server has sent, and what namespaces and rooms have gone through. */
  readonly recorder: Recorder;
  /** What the server has answered where nobody had asked: the errors of emits. */
  readonly errors: Recorder;
  /** What the test does when an event comes, by its name. */
  readonly handlers: Map<string, EventHandler> = new Map();
  /** What connecting a namespace says, by its name. */
  readonly bodyOf: Map<string, Payload> = new Map();
  readonly #native: NativeClientWire | undefined;

  constructor(socket: Socket, { scheduler, askTimeoutMs, native, onError, blame }: ClientEndOptions) {
    this.recorder = new Recorder({ noun: 'the event', blame });
    this.errors = new Recorder({ noun: 'an error of the event', blame });
    this.#native = native === 'only' ? new NativeClientWire() : undefined;
    this.conn = new LiveConn(
      {
        side: 'client',
        wire: this.#native ?? new ClientWire(NO_LIMITS, this.bodyOf),
        table: new ClientTable(this.recorder, this.handlers),
        limits: NO_LIMITS,
        askTimeoutMs,
        handlerTimeoutMs: HANDLER_TIMEOUT_MS,
        connectGapMs: 0,
        scheduler,
        random: systemRandom,
        metrics: new Counters(),
        onError,
        onRemoteError: ({ conn, text, ...place }) => this.errors.add(new LiveMessage(conn, { ...place, body: text })),
      },
      socket,
      {
        random: systemRandom,
        arrival: {
          id: '', // the server tells it
          request: {} as ConnRequest, // a client has none
          user: undefined,
          log: silentLog,
          reconnectTries: 0,
        },
      },
    );
  }

  /** Fulfilled when the server has let the connection in. @throws {CONN_REFUSED} {CONN_CLOSED} */
  async open(): Promise<void> {
    // Raw messages may come as soon as anybody listens.
    if (this.#native) await connectAtOnce(this.conn);
    this.conn.start();
    if (this.#native) this.conn.onFrame(this.#native.welcomeFrame);
    await this.conn.whenOpen();
  }
}
