import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { FrameReader } from './frame-reader.js';
import { maskedPong } from './masked-frame.js';

/** Enough for what a server writes at once; one for all connections, as nothing is kept of it. */
const READ_BYTES = 256 * 1024;
const readBuffer = Buffer.alloc(READ_BYTES);
const PONG = maskedPong();
const HEAD_END = '\r\n\r\n';

/** Where to connect, and from which address. */
export interface Endpoint {
  readonly port: number;
  readonly path: string;
  /** One of 127.0.0.x: each has its own ephemeral ports. */
  readonly localAddress: string;
}

/** The client's end of one WebSocket, on a raw socket. It reads messages by counting them. */
export class Connection {
  readonly reader = new FrameReader();
  /** Called after each read that held whole messages; `own` are those with the tag. */
  onMessages: (messages: number, own: number) => void = () => {};
  /** Called once when it has ended without having been told to. */
  onLost: (error: Error) => void = () => {};
  /** The sign of life that a protocol with pings of its own asks for. */
  sign: Buffer = PONG;
  readonly #socket: Socket;
  #isPaused = false;
  #upgrade: string | undefined = '';
  #upgraded: () => void = () => {};

  private constructor(endpoint: Endpoint) {
    this.#socket = connect({
      host: '127.0.0.1',
      port: endpoint.port,
      localAddress: endpoint.localAddress,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes) => {
          this.#read(bytes);
          return !this.#isPaused;
        },
      },
    });
    let reason = new Error('the server has ended the connection');
    this.#socket.on('error', (error) => {
      reason = error;
    });
    this.#socket.on('close', () => this.onLost(reason));
    this.#socket.write(requestOf(endpoint));
  }

  /** Fulfilled once the server has answered 101. */
  static open(endpoint: Endpoint): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const connection = new Connection(endpoint);
      connection.onLost = reject;
      connection.#upgraded = () => {
        connection.onLost = () => {};
        resolve(connection);
      };
    });
  }

  /** Writes finished frames. */
  write(frames: Uint8Array): void {
    this.#socket.write(frames);
  }

  /** Stops reading: what the server sends fills the buffers of the system, and then its own. */
  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** Reads once while paused, at most what one read takes. */
  readOnce(): void {
    this.#socket.resume();
  }

  #read(bytes: number): void {
    const start = this.#upgrade === undefined ? 0 : this.#readHead(bytes);
    const { reader } = this;
    const { messages, own } = reader;
    reader.read(readBuffer, start, bytes);
    if (reader.pings + reader.keepAlives > 0) this.#answerPings();
    if (reader.messages > messages) this.onMessages(reader.messages - messages, reader.own - own);
  }

  #answerPings(): void {
    const { reader } = this;
    for (; reader.pings > 0; reader.pings--) this.write(PONG);
    for (; reader.keepAlives > 0; reader.keepAlives--) this.write(this.sign);
  }

  /** Gives where the frames begin. */
  #readHead(bytes: number): number {
    const before = this.#upgrade ?? '';
    const head = before + readBuffer.toString('latin1', 0, bytes);
    const end = head.indexOf(HEAD_END);
    if (end < 0) {
      this.#upgrade = head;
      return bytes;
    }
    if (!head.startsWith('HTTP/1.1 101 ')) {
      this.#socket.destroy(new Error(`the upgrade was answered: ${head.slice(0, head.indexOf('\r\n'))}`));
      return bytes;
    }
    this.#upgrade = undefined;
    this.#upgraded();
    return end + HEAD_END.length - before.length;
  }
}

function requestOf({ port, path }: Endpoint): string {
  const host = `127.0.0.1:${port}`;
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    `Origin: http://${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  ];
  return lines.join('\r\n') + HEAD_END;
}
