import { CloseCode } from '../protocol/close-codes.js';
import type { Frame, FrameData } from '../protocol/message.js';
import { isForgedToken, isReplyToken } from '../protocol/wait-token.js';
import type { ConnContext } from './conn-context.js';
import { tellRemoteError } from './dispatch.js';
import { Strikes } from './strikes.js';

/** What one connection receives once it is open: replies to whoever asked, the rest to its handlers, in order. */
export class Inbound {
  readonly #context: ConnContext;
  /** Made with the first: most peers keep to the protocol. */
  #strikes: Strikes | undefined;

  constructor(context: ConnContext) {
    this.#context = context;
  }

  receive(data: FrameData): void {
    const frame = this.#context.settings.wire.decode(data);
    switch (frame.kind) {
      case 'message':
        return this.#receiveMessage(frame, data.length);
      case 'native':
        return this.#context.queue.push(frame, data.length);
      case 'malformed':
        return this.#strike(frame.reason);
      case 'empty':
        return;
    }
  }

  #receiveMessage(frame: Extract<Frame, { kind: 'message' }>, bytes: number): void {
    const { wait } = frame.message;
    const { side } = this.#context.settings;
    if (wait !== '') {
      // A server may say so: one of neffos asks for others in this way.
      if (side === 'server' && isForgedToken(wait))
        return this.#strike('a wait token with a mark that no peer may use');
      if (isReplyToken(wait, side)) {
        if (this.#context.asks.settle(frame.message)) return;
        this.#context.settings.metrics.count('replies.unexpected');
        return frame.message.isError ? tellRemoteError(this.#context, frame.message) : undefined;
      }
    }
    this.#context.queue.push(frame, bytes);
  }

  #strike(reason: string): void {
    const { conn, settings } = this.#context;
    settings.metrics.count('frames.malformed');
    conn.log.debug({ reason }, 'a frame could not be understood');
    this.#strikes ??= new Strikes(settings.scheduler);
    if (this.#strikes.add()) conn.close(CloseCode.Policy, 'invalid payload');
  }
}
