import type { Timer } from '../ports/clock.js';
import type { CloseInfo } from '../ports/conn.js';
import { SystemEvent } from '../protocol/event-names.js';
import { decodeHandshake, encodeHello } from '../protocol/handshake.js';
import type { FrameData } from '../protocol/message.js';
import { RemoteError, WsError } from './client-errors.js';
import type { Address, ConnState, DialOptions } from './dial-options.js';
import type { Platform, WebSocketLike } from './platform.js';
import { Store } from './store.js';
import { urlOf } from './url-of.js';

/** What a link tells whoever speaks through it. */
interface LinkEvents {
  opened(id: string): void;
  frame(data: FrameData): void;
  /** The connection was lost. It is tried again where `error` is not there; otherwise that is why it has ended for good. */
  lost(close: CloseInfo, error?: unknown): void;
}

/** How long one try may take. */
export const DIAL_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** How long a connection must have been open for the waits between tries to start from the beginning. */
const STABLE_MS = 5_000;

/** Closes after which trying again is of no use. @source RFC 6455, section 7.4.1; 4000–4999 belong to applications */
const FINAL = /^(100[023789]|1010|4...)$/;

/** Disconnects what is not connected: every server of neffos acknowledges that, and nothing else happens. */
const PING = `$0;_;;${SystemEvent.NamespaceDisconnect};0;0;`;

const WAKE_EVENTS = ['online', 'offline', 'visibilitychange', 'pageshow', 'resume'];

/** One connection that comes back when it is lost: socket, handshake, heartbeat, and the waits between tries. */
export class Link {
  readonly state: Store<ConnState> = new Store<ConnState>({ kind: 'connecting', tries: 0 });
  readonly #address: Address;
  readonly #options: DialOptions;
  readonly #platform: Platform;
  readonly #events: LinkEvents;
  #socket: WebSocketLike | undefined;
  /** The only one: of the try, of the heartbeat, or of the wait for the next try. */
  #timer: Timer | undefined;
  #tries = 0;
  #openedMs = 0;
  #heardMs: number | undefined;
  /** Set until the first welcome, when a failure is told to whoever dials. */
  #isFirst = true;
  #refusal = '';
  #early: FrameData[] = [];
  #close: CloseInfo = { code: 1006, reason: '' };

  constructor(address: Address, options: DialOptions, platform: Platform, events: LinkEvents) {
    this.#address = address;
    this.#options = options;
    this.#platform = platform;
    this.#events = events;
  }

  /** Dials for the first time. */
  start(): void {
    for (const event of WAKE_EVENTS) this.#platform.page.addEventListener?.(event, this.#wake);
    void this.#dial();
  }

  /** Whether what is sent now has a chance to arrive. */
  get isOpen(): boolean {
    return this.state.value.kind === 'open' && this.#socket?.readyState === 1;
  }

  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  send(data: FrameData): void {
    this.#socket?.send(data);
  }

  /** Ends it for good. */
  close(code: number, reason: string): void {
    if (this.state.value.kind === 'closed') return;
    // A browser allows 1000 and codes of applications only: 1001 to 1014 become 4001 to 4014.
    this.#letGo(code > 1000 && code < 1015 ? code + 3_000 : code, reason);
    this.#end({ code, reason });
  }

  async #dial(): Promise<void> {
    const state = { kind: 'connecting', tries: this.#tries } as const;
    this.#refusal = '';
    this.#early = [];
    this.#after(this.#options.dialTimeoutMs ?? DIAL_TIMEOUT_MS, () => this.#drop(1006, 'no answer'));
    this.state.set(state);
    try {
      const url = await urlOf(this.#address, this.#tries, this.#platform.page.location?.href);
      if (this.state.value === state) this.#open(url);
    } catch (error) {
      if (this.state.value === state) this.#drop(1006, String(error), error);
    }
  }

  #open(url: string): void {
    const socket = this.#platform.open(url, () => this.#hear());
    let trouble = '';
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => (this.#options.native ? this.#welcome() : socket.send(encodeHello({ richFrames: true })));
    socket.onmessage = ({ data }: { data: string | ArrayBuffer }) =>
      this.#receive(typeof data === 'string' ? data : new Uint8Array(data));
    socket.onerror = ({ message = '' }) => {
      trouble = message; // a browser does not tell
    };
    socket.onclose = ({ code, reason }: CloseInfo) => this.#drop(code, reason || this.#refusal || trouble);
  }

  #hear(): void {
    this.#heardMs = this.#platform.nowMs();
  }

  #receive(data: FrameData): void {
    this.#hear();
    if (this.state.value.kind === 'open') return this.#events.frame(data);
    const frame = decodeHandshake(data);
    if (frame.kind === 'welcome') this.#welcome(frame.id);
    else if (frame.kind === 'refusal') this.#refusal = frame.text;
    else this.#early.push(data);
  }

  #welcome(id = ''): void {
    this.#isFirst = false;
    this.#openedMs = this.#platform.nowMs();
    this.#hear();
    this.#watch();
    this.state.set({ kind: 'open', id });
    this.#events.opened(id);
    for (const data of this.#early) this.#events.frame(data);
  }

  /** Asks the server when nothing has been heard for a while. */
  #watch(): void {
    const { heartbeat, native } = this.#options;
    this.#timer?.cancel();
    if (heartbeat === false || native) return;
    const restMs = (this.#heardMs ?? 0) + (heartbeat?.intervalMs ?? 25_000) - this.#platform.nowMs();
    if (restMs > 0) this.#after(restMs, () => this.#watch());
    else this.#ping();
  }

  /** @param mayBeLate whether a timer that runs much too late, as after a sleep, is not believed */
  #ping(mayBeLate = true): void {
    const { timeoutMs = 10_000 } = this.#options.heartbeat || {};
    const { nowMs } = this.#platform;
    const bufferedBytes = this.bufferedBytes;
    const askedMs = nowMs();
    this.#heardMs = undefined;
    this.send(PING);
    this.#after(timeoutMs, () => {
      // Where what was sent before is leaving still, the other side has not been asked yet.
      const isMoving = this.bufferedBytes < bufferedBytes;
      const isLate = mayBeLate && nowMs() - askedMs > 2 * timeoutMs;
      if (this.#heardMs !== undefined) this.#watch();
      else if (isMoving || isLate) this.#ping(isMoving);
      else this.#drop(1006, 'no heartbeat');
    });
  }

  /** The socket has ended, or is given up. */
  #drop(code: number, reason: string, failure?: unknown): void {
    const { reconnect = true, shouldReconnect } = this.#options;
    const close = { code, reason };
    const isRefused = this.#refusal !== '';
    if (this.state.value.kind === 'open' && this.#platform.nowMs() - this.#openedMs >= STABLE_MS) this.#tries = 0;
    const isAllowed = this.#isFirst ? typeof reconnect === 'object' && reconnect.initial : reconnect;
    const isWorthIt = shouldReconnect?.(close) ?? !(FINAL.test(`${code}`) || (isRefused && code === 1006));
    if (!isAllowed || !isWorthIt) {
      const text = this.#refusal;
      return this.#end(close, isRefused ? new RemoteError(text, { code: 'CONN_REFUSED' }) : failure);
    }
    this.#letGo();
    this.#close = close;
    this.#tries++;
    this.#wait();
    this.#events.lost(close);
  }

  #wait(): void {
    const isOffline = this.#platform.page.navigator?.onLine === false;
    const mostMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#tries - 1));
    const retryInMs = isOffline ? Number.POSITIVE_INFINITY : this.#platform.random() * mostMs;
    this.#timer?.cancel();
    if (!isOffline) this.#after(retryInMs, () => this.#dial());
    this.state.set({
      kind: 'waiting',
      tries: this.#tries,
      retryInMs,
      retryAt: Date.now() + retryInMs,
      ...this.#close,
    });
  }

  /** The network comes or goes, or the page was asleep. */
  readonly #wake = ({ type }: { readonly type: string }): void => {
    const { navigator, document } = this.#platform.page;
    const { kind } = this.state.value;
    if (type === 'visibilitychange' && document?.visibilityState === 'hidden') return;
    if (kind === 'open' && this.#heardMs !== undefined && !this.#options.native) this.#ping();
    if (kind === 'waiting') {
      if (navigator?.onLine === false) this.#wait();
      else void this.#dial();
    }
  };

  #end(close: CloseInfo, failure?: unknown): void {
    this.#letGo();
    for (const event of WAKE_EVENTS) this.#platform.page.removeEventListener?.(event, this.#wake);
    this.state.set({ kind: 'closed', ...close });
    this.#events.lost(close, failure ?? new WsError('CONN_CLOSED', close, 'closed'));
  }

  /** Hears nothing more of the socket, and does not wait for its end. Without a code it is given up. */
  #letGo(code?: number, reason?: string): void {
    const socket = this.#socket;
    this.#timer?.cancel();
    if (!socket) return;
    if (code) socket.close(code, reason);
    this.#socket = undefined;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.onerror = () => {}; // a socket that is closed before it is open has an error, which `ws` wants to be heard
    if (!code) (socket.terminate ?? socket.close).call(socket);
  }

  #after(delayMs: number, task: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#platform.after(delayMs, task);
  }
}
