import type { Socket } from '../ports/socket.js';
import { CloseCode } from '../protocol/close-codes.js';
import type { ConnContext } from './conn-context.js';
import { ReadDeadline } from './read-deadline.js';
import type { ConnSettings } from './settings.js';
import { WriteDeadline } from './write-deadline.js';

/** A connection, as far as its deadlines need it. */
interface WatchedConn extends Pick<ConnContext, 'settings' | 'connected' | 'outbound' | 'close'> {
  readonly isReadingPaused: boolean;
}

/** By what all connections of a server have in common. */
const settable = new WeakMap<ConnSettings, boolean>();

/** Whether a connection with these settings could ever have a deadline. */
function mayBeSet(settings: ConnSettings): boolean {
  const known = settable.get(settings);
  if (known !== undefined) return known;
  const found = [settings, ...settings.table.values()].some(
    ({ readTimeoutMs, writeTimeoutMs }) => readTimeoutMs !== undefined || writeTimeoutMs !== undefined,
  );
  settable.set(settings, found);
  return found;
}

type Timeout = 'readTimeoutMs' | 'writeTimeoutMs';

/** The strictest of what the server and the connected namespaces say. */
function strictest({ settings, connected }: WatchedConn, timeout: Timeout): number | undefined {
  let least = settings[timeout];
  for (const { table } of connected.values()) {
    const own = table[timeout];
    if (own !== undefined && (least === undefined || own < least)) least = own;
  }
  return least;
}

/** How long one connection may be silent, and what is sent to it may take: each deadline is made when it is first set. */
export class Deadlines {
  readonly #conn: WatchedConn;
  readonly #socket: Socket;
  #read: ReadDeadline | undefined;
  #write: WriteDeadline | undefined;

  constructor(conn: WatchedConn, socket: Socket) {
    this.#conn = conn;
    this.#socket = socket;
  }

  /** Whether a connection has any, so that those without need nothing of this. */
  static areSet(conn: WatchedConn): boolean {
    if (!mayBeSet(conn.settings)) return false;
    return strictest(conn, 'readTimeoutMs') !== undefined || strictest(conn, 'writeTimeoutMs') !== undefined;
  }

  /** The connected namespaces have changed. */
  update(): void {
    const readMs = strictest(this.#conn, 'readTimeoutMs');
    const writeMs = strictest(this.#conn, 'writeTimeoutMs');
    if (readMs !== undefined) this.#read ??= this.#makeRead();
    if (writeMs !== undefined) this.#write ??= this.#makeWrite();
    this.#read?.limitTo(readMs);
    this.#write?.limitTo(writeMs);
  }

  /** A frame has come. */
  heard(): void {
    this.#read?.heard();
  }

  /** This side does not read for now: nothing can be expected to come. */
  pause(): void {
    this.#read?.pause();
  }

  resume(): void {
    this.#read?.resume();
  }

  stop(): void {
    this.#read?.stop();
    this.#write?.stop();
  }

  #makeRead(): ReadDeadline {
    const { settings } = this.#conn;
    const read = new ReadDeadline(settings.scheduler, this.#socket, () => {
      settings.metrics.count('timeouts.read');
      // Nobody has done wrong: whoever has something to say may come back at once.
      this.#conn.close(CloseCode.GoingAway, 'read timeout');
    });
    if (this.#conn.isReadingPaused) read.pause();
    return read;
  }

  #makeWrite(): WriteDeadline {
    const { settings, outbound } = this.#conn;
    const write = new WriteDeadline(settings.scheduler, this.#socket, () => {
      settings.metrics.count('timeouts.write');
      this.#conn.close(CloseCode.TryAgainLater, 'write timeout');
    });
    outbound.watch(write);
    return write;
  }
}
