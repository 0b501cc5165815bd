import { CloseCode } from '../protocol/close-codes.js';
import { byteLength } from '../protocol/codec.js';
import { readsRichFrames } from '../protocol/handshake.js';
import type { FrameData } from '../protocol/message.js';
import { CommonTimeout } from './common-timeout.js';
import type { ConnSettings } from './settings.js';

/** What a handshake needs of its connection, which is called itself: there is no object of functions to be made for each. */
export interface HandshakeEvents {
  sendData(data: FrameData): void;
  /** The handshake is done, and not needed any more. On a client with the id that the server gave. */
  opened(id: string): void;
  /** The server has refused this client, and said why. */
  refused(text: string): void;
  /** A frame that came before its time, now that its time has come. */
  deliver(data: FrameData): void;
  close(code: number, reason: string): void;
  pause(): void;
  /** What was paused need not be for this handshake. */
  readOn(): void;
}

/** By what all connections of a server have in common: they all have the same time. */
const timeouts = new WeakMap<ConnSettings, CommonTimeout<Handshake>>();

function timeoutOf(settings: ConnSettings): CommonTimeout<Handshake> {
  const known = timeouts.get(settings);
  if (known) return known;
  const { scheduler, limits } = settings;
  const onOverdue = (handshake: Handshake): void => handshake.expire();
  const made = new CommonTimeout({ scheduler, timeoutMs: limits.handshakeTimeoutMs, onOverdue });
  timeouts.set(settings, made);
  return made;
}

interface Refusal {
  readonly text: string;
  readonly code: number;
}

/**
 * Opens a connection. The client says hello; the server answers with the id, first of all frames, once its hook has let the
 * connection in; or with a refusal, and closes.
 *
 * What arrives before is held, within limits, and delivered in order afterwards.
 */
export class Handshake {
  readonly #settings: ConnSettings;
  readonly #events: HandshakeEvents;
  readonly #id: string;
  #isTimed = false;
  #isGreeted: boolean;
  #readsRichFrames = false;
  #isReady = false;
  #refusal: Refusal | undefined;
  #isOver = false;
  #isPaused = false;
  #early: FrameData[] = [];
  #earlyBytes = 0;

  /** @param id what a server answers with; a client learns it */
  constructor(settings: ConnSettings, events: HandshakeEvents, id: string) {
    this.#settings = settings;
    this.#events = events;
    this.#id = id;
    this.#isGreeted = !settings.wire.hasHandshake;
  }

  /** Whether it has ended, well or not. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Whether so much has come before its time that nothing is read for now. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Whether the client has said in its hello that it reads errors with a code and data, and the mark of JSON. */
  get readsRichFrames(): boolean {
    return this.#readsRichFrames;
  }

  start(): void {
    const { wire, side } = this.#settings;
    if (!wire.hasHandshake) return;
    if (side === 'client') this.#events.sendData(wire.hello());
    this.#isTimed = true;
    timeoutOf(this.#settings).add(this);
  }

  /** The other side has not greeted in time. */
  expire(): void {
    this.#fail(CloseCode.Policy, `no handshake within ${this.#settings.limits.handshakeTimeoutMs} ms`);
  }

  onFrame(data: FrameData): void {
    if (data.length === 0) return;
    if (this.#isGreeted) return this.#hold(data);
    const frame = this.#settings.wire.readHandshake(data);
    if (frame.kind === 'other') return this.#hold(data);
    if (this.#settings.side === 'server') {
      if (frame.kind !== 'hello') return this.#fail(CloseCode.Policy, 'not a greeting');
      this.#isGreeted = true;
      this.#readsRichFrames = readsRichFrames(frame.version);
      this.#endTime();
      return this.#answer();
    }
    if (frame.kind === 'welcome') return this.#open(frame.id);
    if (frame.kind === 'refusal') {
      this.#events.refused(frame.text);
      return this.#fail(CloseCode.Normal, frame.text);
    }
    this.#fail(CloseCode.Policy, 'a server does not say hello');
  }

  /** The server's hook has let the connection in, or has begun to use it. */
  ready(): void {
    this.#isReady = true;
    this.#answer();
  }

  /** The server's hook has refused. The client hears so when it has said hello. */
  refuse(text: string, code: number): void {
    // Once the connection has been used its welcome may be out, and a refusal would be read as a message.
    if (this.#isReady) return this.#fail(code, text);
    this.#refusal = { text, code };
    this.#answer();
  }

  /** Forgets what is held. */
  stop(): void {
    this.#isOver = true;
    this.#isPaused = false;
    this.#endTime();
    this.#early = [];
  }

  #endTime(): void {
    if (this.#isTimed) timeoutOf(this.#settings).delete(this);
    this.#isTimed = false;
  }

  #answer(): void {
    if (!this.#isGreeted || this.#isOver) return;
    if (this.#refusal) {
      const { text, code } = this.#refusal;
      const refusal = this.#settings.wire.refusal(text);
      if (refusal.length > 0) this.#events.sendData(refusal);
      this.#fail(code, text);
    } else if (this.#isReady && this.#settings.side === 'server') {
      if (this.#settings.wire.hasHandshake) this.#events.sendData(this.#settings.wire.welcome(this.#id));
      this.#open(this.#id);
    }
  }

  #open(id: string): void {
    const early = this.#early;
    const wasPaused = this.#isPaused;
    this.stop();
    this.#events.opened(id);
    for (const data of early) this.#events.deliver(data);
    if (wasPaused) this.#events.readOn();
  }

  #fail(code: number, reason: string): void {
    this.stop();
    this.#events.close(code, reason);
  }

  #hold(data: FrameData): void {
    const { maxEarlyFrames, maxEarlyBytes } = this.#settings.limits;
    this.#early.push(data);
    this.#earlyBytes += typeof data === 'string' ? byteLength(data) : data.length;
    if (this.#early.length <= maxEarlyFrames && this.#earlyBytes <= maxEarlyBytes) return;
    // Who has said hello does nothing wrong: the server is slow, and reads on later.
    if (!this.#isGreeted) return this.#fail(CloseCode.Policy, 'too much before the handshake');
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#events.pause();
  }
}
