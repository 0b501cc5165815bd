import type { Conn } from '../ports/conn.js';
import { CloseCode } from '../protocol/close-codes.js';
import type { Frame, FrameData, WireMessage } from '../protocol/message.js';
import { isForgedToken, isReplyToken } from '../protocol/wait-token.js';
import type { HandlerQueue } from './handler-queue.js';
import type { PendingAsks } from './pending-asks.js';
import type { ConnSettings } from './settings.js';
import { Strikes } from './strikes.js';

interface InboundParts {
  readonly conn: Conn;
  readonly asks: PendingAsks;
  readonly queue: HandlerQueue;
  /** Tells of an error that no ask waits for. */
  readonly onRemoteError: (message: WireMessage) => void;
}

/** What one connection receives once it is open: replies to whoever asked, the rest to its handlers, in order. */
export class Inbound {
  readonly #settings: ConnSettings;
  readonly #parts: InboundParts;
  readonly #strikes: Strikes;

  constructor(settings: ConnSettings, parts: InboundParts) {
    this.#settings = settings;
    this.#parts = parts;
    this.#strikes = new Strikes(settings.scheduler);
  }

  receive(data: FrameData): void {
    const frame = this.#settings.wire.decode(data);
    switch (frame.kind) {
      case 'message':
        return this.#receiveMessage(frame, data.length);
      case 'native':
        return this.#parts.queue.push(frame, data.length);
      case 'malformed':
        return this.#strike(frame.reason);
      case 'empty':
        return;
    }
  }

  #receiveMessage(frame: Extract<Frame, { kind: 'message' }>, bytes: number): void {
    const { wait } = frame.message;
    if (wait !== '') {
      if (isForgedToken(wait)) return this.#strike('a wait token with a mark that no peer may use');
      if (isReplyToken(wait, this.#settings.side)) {
        if (this.#parts.asks.settle(frame.message)) return;
        this.#settings.metrics.count('replies.unexpected');
        return frame.message.isError ? this.#parts.onRemoteError(frame.message) : undefined;
      }
    }
    this.#parts.queue.push(frame, bytes);
  }

  #strike(reason: string): void {
    const { conn } = this.#parts;
    this.#settings.metrics.count('frames.malformed');
    conn.log.debug({ conn: conn.id, reason }, 'a frame could not be understood');
    if (this.#strikes.add()) conn.close(CloseCode.Policy, 'invalid payload');
  }
}
