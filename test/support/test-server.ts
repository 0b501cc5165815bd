import { type Namespaces, readEventMaps } from '../../src/core/event-maps.js';
import type { EventTable } from '../../src/core/event-table.js';
import { LiveConn } from '../../src/core/live-conn.js';
import type { ConnSettings } from '../../src/core/settings.js';
import { buildTable } from '../../src/core/table-builder.js';
import { systemRandom } from '../../src/core/web-platform.js';
import type { Conn } from '../../src/ports/conn.js';
import type { Logger } from '../../src/ports/logger.js';
import { DEFAULT_CONN_LIMITS } from '../../src/protocol/limits.js';
import { NativeWire, NeffosWire } from '../../src/protocol/wires.js';
import { Counters } from '../../src/server/counters.js';
import { type Limits, type ServerOptions } from '../../src/server/options.js';
import { type Arrival, Server } from '../../src/server/server.js';
import { ManualClock } from './manual-clock.js';
import { MemorySocket } from './memory-socket.js';

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Remembers what was logged, level by level. */
export class MemoryLog implements Logger {
  readonly lines: { level: keyof Logger; fields: object; message: string }[] = [];
  debug = (fields: object, message: string): void => void this.lines.push({ level: 'debug', fields, message });
  info = (fields: object, message: string): void => void this.lines.push({ level: 'info', fields, message });
  warn = (fields: object, message: string): void => void this.lines.push({ level: 'warn', fields, message });
  error = (fields: object, message: string): void => void this.lines.push({ level: 'error', fields, message });
}

export type TestServerOptions = Partial<Omit<ServerOptions, 'table' | 'wire'>> & { native?: 'only' };

export interface TestServer {
  readonly server: Server;
  readonly clock: ManualClock;
  readonly counters: Counters;
  readonly log: MemoryLog;
  /** A raw peer: frames in and out, no client library. With `hello` it has said `M`, or those words, and forgotten the answer. */
  accept(arrival?: Partial<Arrival> & { hello?: boolean | string }): { conn: Conn; socket: MemorySocket };
  /** A whole client end, of the same core, that has been welcomed. */
  dial(
    namespaces?: Namespaces,
    arrival?: Partial<Arrival> & { client?: Partial<ConnSettings> },
  ): Promise<{ client: LiveConn; conn: Conn; socket: MemorySocket }>;
}

let ids = 0;

/** A server of plain maps without a network, on a clock that stands still. */
export function testServer(namespaces: Namespaces, options: TestServerOptions = {}): TestServer {
  const { native, ...behaviour } = options;
  const clock = new ManualClock();
  const counters = new Counters();
  const log = new MemoryLog();
  const table = buildTable(readEventMaps(namespaces));
  const server = new Server({
    table,
    wire: (limits) => wireFor(table, limits, native),
    log,
    scheduler: clock,
    metrics: counters,
    ...behaviour,
  });
  const accept: TestServer['accept'] = ({ hello = false, ...arrival } = {}) => {
    const socket = new MemorySocket();
    const conn = acceptOn(server, socket, log, arrival);
    if (hello) {
      socket.receive(hello === true ? 'M' : hello);
      socket.sent.length = 0;
    }
    return { conn, socket };
  };
  const dial: TestServer['dial'] = async (clientNamespaces = namespaces, { client: settings, ...arrival } = {}) => {
    const [serverEnd, clientEnd] = MemorySocket.pair();
    const conn = acceptOn(server, serverEnd, log, arrival);
    const client = clientConn(clientEnd, clientNamespaces, { scheduler: clock, ...settings });
    client.start();
    await client.whenOpen();
    return { client, conn, socket: serverEnd };
  };
  return { server, clock, counters, log, accept, dial };
}

function acceptOn(server: Server, socket: MemorySocket, log: Logger, arrival: Partial<Arrival>): Conn {
  ids += 1;
  const conn = server.accept(socket, {
    id: `id${ids}`,
    request: {} as Arrival['request'], // no test of the core looks at it
    user: undefined,
    log,
    address: '127.0.0.1',
    reconnectTries: 0,
    ...arrival,
  });
  if (!conn) throw new Error('the server turned the connection away');
  return conn;
}

/** The client end of a connection, of the same core as the server's. */
export function clientConn(
  socket: MemorySocket,
  namespaces: Namespaces,
  settings: Partial<ConnSettings> = {},
): LiveConn {
  const table = buildTable(readEventMaps(namespaces));
  const all: ConnSettings = {
    side: 'client',
    wire: wireFor(table, DEFAULT_CONN_LIMITS),
    table,
    limits: DEFAULT_CONN_LIMITS,
    askTimeoutMs: 10_000,
    handlerTimeoutMs: 30_000,
    connectGapMs: 0,
    scheduler: new ManualClock(),
    random: systemRandom,
    metrics: new Counters(),
    ...settings,
  };
  const arrival = { id: '', request: {} as never, user: undefined, log: silentLog, reconnectTries: 0 };
  return new LiveConn(all, socket, { random: systemRandom, arrival });
}

function wireFor(
  table: EventTable,
  limits: Limits | typeof DEFAULT_CONN_LIMITS,
  native?: 'only',
): NeffosWire | NativeWire {
  if (native === 'only') return new NativeWire();
  return new NeffosWire({ ...limits, allowNative: table.get('')?.native !== undefined });
}

/** Lets everything that waits for promises alone take its turn. */
export async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
