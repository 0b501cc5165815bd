import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket as NetSocket } from 'node:net';
import { Duplex } from 'node:stream';
import { expect, onTestFinished, vi } from 'vitest';
import { type ClientOptions, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import type { SocketListener } from '../../src/ports/socket.js';
import type { FrameData } from '../../src/protocol/message.js';
import { WsSocket, type WsSocketSettings } from '../../src/transport/ws-socket.js';

/** What an outbox hands to a socket before it holds back. */
export const SOCKET_BYTES = 64 * 1024;

/** Remembers what a socket tells. */
export class Listening implements SocketListener {
  readonly frames: FrameData[] = [];
  pongs = 0;
  overdue = 0;
  crowded = 0;
  drains = 0;
  readonly closes: { code: number; reason: string }[] = [];
  /** Called with each drain. */
  whenDrained: () => void = () => {};

  onFrame(data: FrameData): void {
    this.frames.push(data);
  }

  onPong(): void {
    this.pongs += 1;
  }

  onOverdue(): void {
    this.overdue += 1;
  }

  onCrowded(): void {
    this.crowded += 1;
  }

  onDrain(): void {
    this.drains += 1;
    this.whenDrained();
  }

  onClose(code: number, reason: string): void {
    this.closes.push({ code, reason });
  }
}

export interface WsPair {
  /** The server's end. */
  readonly ws: WebSocket;
  readonly stream: Duplex;
  readonly socket: WsSocket;
  readonly listener: Listening;
  readonly client: WebSocket;
  /** The client's network connection, to be written to without the rules of the protocol. */
  readonly net: NetSocket;
}

export interface PairOptions {
  readonly server?: ServerOptions;
  readonly client?: ClientOptions;
  /** Without: the socket does not know the stream beneath it. */
  readonly withStream?: boolean;
  readonly withListener?: boolean;
  /** With: plain frames are read past `ws`. */
  readonly withReader?: boolean;
  readonly closeGraceMs?: number;
  readonly messageTimeoutMs?: number;
}

/** How a WebSocket ends. Not by `once`, which would be a listener for errors, too. */
export function closeOf(ws: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    ws.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

/** A `ws` server and a `ws` client on a free port, until the test has ended. */
export async function wsPair(options: PairOptions = {}): Promise<WsPair> {
  const { withStream = true, withListener = true, withReader = true, closeGraceMs, messageTimeoutMs } = options;
  const place = options.server?.server ? {} : { port: 0, host: '127.0.0.1' };
  const server = new WebSocketServer({ ...place, ...options.server });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // not a pipe
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false, ...options.client });
  client.on('error', () => {}); // the tests look at closes
  const upgraded = once(client, 'upgrade');
  const opened = once(client, 'open');
  const [ws, request] = (await once(server, 'connection')) as [WebSocket, { socket: NetSocket }];
  onTestFinished(async () => {
    client.terminate();
    ws.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  const settings: WsSocketSettings = {
    ...(withReader && { serverOptions: server.options }),
    ...(closeGraceMs !== undefined && { closeGraceMs }),
    ...(messageTimeoutMs !== undefined && { messageTimeoutMs }),
  };
  const socket = new WsSocket(ws, { ...(withStream && { stream: request.socket }), settings });
  const listener = new Listening();
  if (withListener) socket.listen(listener, { holdBackBytes: SOCKET_BYTES });
  const [response] = (await upgraded) as [{ socket: NetSocket }];
  await opened;
  return { ws, stream: request.socket, socket, listener, client, net: response.socket };
}

/** A WebSocket over a stream that takes one piece after the other, each when it is told to. */
export async function wsOverSlowStream(): Promise<{ ws: WebSocket; taking(pieces: number): Promise<void> }> {
  const waiting: (() => void)[] = [];
  const stream = new Duplex({ read() {}, write: (_chunk, _encoding, done) => void waiting.push(done) });
  const server = new WebSocketServer({ noServer: true });
  const headers = {
    upgrade: 'websocket',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'sec-websocket-version': '13',
  };
  const request = { method: 'GET', headers } as unknown as IncomingMessage; // all that ws reads of it
  const ws = await new Promise<WebSocket>((resolve) => {
    server.handleUpgrade(request, stream, Buffer.alloc(0), resolve);
  });
  onTestFinished(() => ws.terminate());
  const taking = async (pieces: number): Promise<void> => {
    for (let piece = 0; piece < pieces; piece++) {
      await vi.waitFor(() => expect(waiting).not.toEqual([]));
      waiting.shift()?.();
    }
  };
  await taking(1); // the answer to the upgrade
  return { ws, taking };
}
