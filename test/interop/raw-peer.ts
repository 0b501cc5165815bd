import { connect, type Socket } from 'node:net';
import type { CloseInfo } from 'nefeli';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { until } from './until.js';

/** A frame as it came: text as a string, binary as bytes. */
export type RawFrame = string | Uint8Array;

/** A bare `WebSocket` that sends and shows frames as they are, until the test has finished. */
export class RawPeer {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #unread: RawFrame[] = [];
  closedWith: CloseInfo | undefined;

  private constructor(ws: WebSocket, socket: Socket) {
    this.#ws = ws;
    this.#socket = socket;
    ws.on('message', (data: Buffer, isBinary) => {
      this.#unread.push(isBinary ? new Uint8Array(data) : data.toString());
    });
    ws.on('close', (code, reason) => {
      this.closedWith = { code, reason: reason.toString() };
    });
  }

  static async open(url: string, { headers = {} }: { headers?: Record<string, string> } = {}): Promise<RawPeer> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const ws = new WebSocket(url, { headers, createConnection: () => socket });
    onTestFinished(() => ws.terminate());
    const peer = new RawPeer(ws, socket);
    await new Promise<void>((resolve, reject) => {
      ws.on('open', resolve);
      ws.on('error', reject);
    });
    return peer;
  }

  /** Opens, says hello, and reads the welcome. */
  static async welcomed(url: string): Promise<RawPeer> {
    const peer = await RawPeer.open(url);
    peer.send('M');
    await peer.next();
    return peer;
  }

  /** Opens, and connects the namespace. */
  static async connected(url: string, namespace = 'default'): Promise<RawPeer> {
    const peer = await RawPeer.welcomed(url);
    peer.send(`$connect;${namespace};;_OnNamespaceConnect;0;0;`);
    await peer.next();
    return peer;
  }

  /** How many frames have not been read. */
  get unread(): number {
    return this.#unread.length;
  }

  /** Sends all of them in one segment. */
  send(...frames: readonly RawFrame[]): void {
    this.#socket.cork();
    for (const frame of frames) this.#ws.send(frame);
    this.#socket.uncork();
  }

  close(code: number, reason = ''): void {
    this.#ws.close(code, reason);
  }

  /** The next frame that has not been read. */
  async next(): Promise<RawFrame> {
    const [frame = ''] = await this.take(1);
    return frame;
  }

  /** The next frames that have not been read. */
  async take(count: number): Promise<RawFrame[]> {
    await until(() => this.#unread.length >= count);
    return this.#unread.splice(0, count);
  }

  /** Sends one frame, and reads the next that comes. */
  async ask(frame: RawFrame): Promise<RawFrame> {
    this.send(frame);
    return await this.next();
  }

  /** Fulfilled when the other side has read all that was sent: it answers pings in their turn. */
  async flushed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#ws.once('pong', () => resolve());
      this.#ws.ping();
    });
  }

  async closed(): Promise<CloseInfo> {
    await until(() => this.closedWith !== undefined);
    return this.closedWith ?? { code: 0, reason: '' };
  }
}

/** A binary frame: the text of a header, and bytes behind it. */
export const binaryFrame = (header: string, bytes: Uint8Array = new Uint8Array()): Uint8Array =>
  new Uint8Array([...new TextEncoder().encode(header), ...bytes]);
