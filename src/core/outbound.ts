import { WsError } from '../errors.js';
import type { Timer } from '../ports/clock.js';
import type { OutgoingFrame, Socket } from '../ports/socket.js';
import { byteLength, isLarger, isLonger } from '../protocol/codec.js';
import { isEncodableName } from '../protocol/escaped-name.js';
import { isReservedEvent, NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { FrameData, WireMessage } from '../protocol/message.js';
import type { ConnSettings } from './settings.js';
import type { WriteDeadline } from './write-deadline.js';

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

/** The bytes that a message takes on the wire. Costs a pass over a text. */
export const sizeOf = (data: FrameData): number => (typeof data === 'string' ? byteLength(data) : data.length);

/**
 * Writes a message in the language of the wire.
 *
 * @throws {MESSAGE_TOO_LARGE}
 */
export function encodeFor({ wire, limits }: Encoding, message: WireMessage): FrameData {
  const data = wire.encode(message);
  const { maxMessageBytes } = limits;
  if (isLarger(data, maxMessageBytes)) {
    throw new WsError('MESSAGE_TOO_LARGE', { event: message.event, bytes: sizeOf(data), maxMessageBytes });
  }
  return data;
}

/** How many of the largest messages may be held back at a time, in bytes. */
const MAX_HELD_MESSAGES = 4;

/** What follows one acknowledgement and is held back for it. */
interface Gap {
  readonly frames: OutgoingFrame[];
  bytes: number;
}

/** What one connection sends: encoded, checked, and held back while the peer needs a pause. */
export class Outbound {
  readonly #settings: ConnSettings;
  readonly #socket: Socket;
  /** The gap that is kept now, and those that are to follow it. None most of the time, and then nothing is looked up. */
  #gaps: Gap[] | undefined;
  #heldBytes = 0;
  #timer: Timer | undefined;
  #deadline: WriteDeadline | undefined;
  #readsRichFrames: boolean;
  /** A server marks JSON for those who have asked for it; to a server the mark is always readable, be it one of neffos. */
  #marksJson: boolean;

  constructor(settings: ConnSettings, socket: Socket) {
    this.#settings = settings;
    this.#socket = socket;
    this.#readsRichFrames = settings.wire.marksJson;
    this.#marksJson = settings.side === 'client' || settings.wire.marksJson;
  }

  /** Whether the other side reads errors with a code and data, and not only their text; and bodies marked as JSON. */
  get readsRichFrames(): boolean {
    return this.#readsRichFrames;
  }

  /** The other side has said that it reads rich frames. */
  enrich(): void {
    this.#readsRichFrames = true;
    this.#marksJson = true;
  }

  send(message: WireMessage, options: { readonly droppable: boolean }): void {
    const data = encodeFor(
      this.#settings,
      message.json && !this.#marksJson ? { ...message, json: undefined } : message,
    );
    this.sendFrame({ data, binary: typeof data !== 'string', droppable: options.droppable });
  }

  /** Sends what has been encoded already: the same frame may go to many connections. */
  sendFrame(frame: OutgoingFrame): void {
    const gap = this.#gaps?.at(-1);
    if (!gap) return this.#pass(frame);
    const bytes = sizeOf(frame.data);
    gap.frames.push(frame);
    gap.bytes += bytes;
    this.#heldBytes += bytes;
    if (this.#heldBytes > MAX_HELD_MESSAGES * this.#settings.limits.maxMessageBytes) this.flush();
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
   *
   * More gaps in a row than `maxNamespaces`, or more bytes than four of the largest messages, are not held back: all is sent.
   */
  acknowledgeConnect(wait: string): void {
    const { connectGapMs, limits } = this.#settings;
    this.acknowledge(wait);
    if (connectGapMs === 0) return;
    if (this.#gaps && this.#gaps.length >= limits.maxNamespaces) this.flush();
    if (!this.#gaps) this.#beginGap();
    this.#gaps ??= [];
    this.#gaps.push({ frames: [], bytes: 0 });
  }

  /** Tells a deadline of everything that is sent from here on. */
  watch(deadline: WriteDeadline): void {
    this.#deadline = deadline;
  }

  /** Sends what is held back, now. */
  flush(): void {
    const gaps = this.#gaps ?? [];
    this.stop();
    for (const { frames } of gaps) this.#sendAll(frames);
  }

  /** Forgets what is held back. */
  stop(): void {
    this.#gaps = undefined;
    this.#heldBytes = 0;
    this.#timer?.cancel();
  }

  #beginGap(): void {
    const { connectGapMs, scheduler } = this.#settings;
    this.#timer = scheduler.after(connectGapMs, () => this.#endGap());
  }

  #endGap(): void {
    const ended = this.#gaps?.shift();
    if (!ended) return;
    this.#heldBytes -= ended.bytes;
    // Another namespace was acknowledged meanwhile: nothing may follow that closely, either.
    if (this.#gaps?.length) this.#beginGap();
    else this.#gaps = undefined;
    this.#sendAll(ended.frames);
  }

  #sendAll(frames: readonly OutgoingFrame[]): void {
    for (const frame of frames) this.#pass(frame);
  }

  #pass(frame: OutgoingFrame): void {
    this.#socket.send(frame);
    this.#deadline?.sent(sizeOf(frame.data));
  }
}
