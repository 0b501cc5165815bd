import { WsError } from '../errors.js';
import type { Timer } from '../ports/clock.js';
import type { OutgoingFrame, Socket } from '../ports/socket.js';
import { byteLength, isEncodableName, isLonger } from '../protocol/codec.js';
import { isReservedEvent, NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { FrameData, WireMessage } from '../protocol/message.js';
import type { ConnSettings } from './settings.js';

/** The kinds of names that an application chooses and the wire carries. */
type NameKind = 'namespace' | 'room' | 'event';

/** What is needed to write a message down. */
export type Encoding = Pick<ConnSettings, 'wire' | 'limits'>;

/** Refuses a name that would not arrive as it is. */
export function checkName(kind: NameKind, name: string, { limits }: Encoding): void {
  const maxBytes =
    kind === 'event' ? limits.maxEventBytes : kind === 'room' ? limits.maxRoomBytes : limits.maxNamespaceBytes;
  if (isLonger(name, maxBytes)) throw new WsError('NAME_TOO_LONG', { kind, name, maxBytes });
  if (!isEncodableName(name)) throw new WsError('NAME_NOT_ENCODABLE', { kind, name });
}

/** Refuses an event that an application may not send. */
export function checkEvent(event: string, encoding: Encoding): void {
  if (isReservedEvent(event) && event !== NATIVE_MESSAGE) throw new WsError('EVENT_RESERVED', { event });
  checkName('event', event, encoding);
}

/**
 * Writes a message in the language of the wire.
 *
 * @throws {MESSAGE_TOO_LARGE}
 */
export function encodeFor({ wire, limits }: Encoding, message: WireMessage): FrameData {
  const data = wire.encode(message);
  const { maxMessageBytes } = limits;
  const tooLarge = typeof data === 'string' ? isLonger(data, maxMessageBytes) : data.length > maxMessageBytes;
  if (tooLarge) {
    const bytes = typeof data === 'string' ? byteLength(data) : data.length;
    throw new WsError('MESSAGE_TOO_LARGE', { event: message.event, bytes, maxMessageBytes });
  }
  return data;
}

/** Among what is held back: here another gap begins. */
const GAP = 'gap';

/** What one connection sends: encoded, checked, and held back while the peer needs a pause. */
export class Outbound {
  readonly #settings: ConnSettings;
  readonly #socket: Socket;
  /** What waits for the end of the gap, and the gaps that are to follow; `undefined` while there is none. */
  #held: (OutgoingFrame | typeof GAP)[] | undefined;
  #gap: Timer | undefined;

  constructor(settings: ConnSettings, socket: Socket) {
    this.#settings = settings;
    this.#socket = socket;
  }

  send(message: WireMessage, options: { readonly droppable: boolean }): void {
    const data = encodeFor(this.#settings, message);
    this.sendFrame({ data, binary: typeof data !== 'string', droppable: options.droppable });
  }

  /** Sends what has been encoded already: the same frame may go to many connections. */
  sendFrame(frame: OutgoingFrame): void {
    if (this.#held) this.#held.push(frame);
    else this.#socket.send(frame);
  }

  sendData(data: FrameData): void {
    this.sendFrame({ data, binary: typeof data !== 'string', droppable: false });
  }

  acknowledge(wait: string): void {
    this.sendData(this.#settings.wire.acknowledge(wait));
  }

  /**
   * Acknowledges a namespace and, where clients need it, lets nothing follow for `connectGapMs`: neffos.js 0.1 in Node loses
   * what arrives in the same segment, because it learns of the acknowledgement one turn later.
   */
  acknowledgeConnect(wait: string): void {
    this.acknowledge(wait);
    if (this.#settings.connectGapMs === 0) return;
    if (this.#held) this.#held.push(GAP);
    else this.#beginGap([]);
  }

  /** Sends what is held back, now. */
  flush(): void {
    const held = this.#held ?? [];
    this.stop();
    for (const frame of held) if (frame !== GAP) this.#socket.send(frame);
  }

  /** Forgets what is held back. */
  stop(): void {
    this.#held = undefined;
    this.#gap?.cancel();
  }

  #beginGap(held: (OutgoingFrame | typeof GAP)[]): void {
    const { connectGapMs, scheduler } = this.#settings;
    this.#held = held;
    this.#gap = scheduler.after(connectGapMs, () => this.#endGap(held));
  }

  #endGap(held: (OutgoingFrame | typeof GAP)[]): void {
    this.#held = undefined;
    for (const [index, frame] of held.entries()) {
      // Another namespace was acknowledged meanwhile: nothing may follow that closely, either.
      if (frame === GAP) return this.#beginGap(held.slice(index + 1));
      this.#socket.send(frame);
    }
  }
}
