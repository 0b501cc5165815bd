import type { CloseInfo } from '../ports/conn.js';
import type { FrameData } from '../protocol/message.js';
import { RemoteError, WsError } from './client-errors.js';
import type { Address, ConnState, DialOptions } from './dial-options.js';
import type { Platform, WebSocketLike } from './platform.js';
import { createStore, type Readable } from './store.js';
import { undisturbed } from './undisturbed.js';
import { urlOf } from './url-of.js';
import { HELLO, PING, textOf } from './wire.js';

/** What a link tells whoever speaks through it. */
export interface LinkListener {
  opened(id: string): void;
  received(data: FrameData): void;
  /** The connection was lost. It is tried again where `failure` is not there; otherwise that is why it has ended for good. */
  dropped(close: CloseInfo, failure?: unknown): void;
}

/** One connection that comes back when it is lost. */
export interface Link {
  readonly state: Readable<ConnState>;
  /** Whether what is sent now has a chance to arrive. */
  isOpen(): boolean;
  bufferedBytes(): number;
  send(data: FrameData): void;
  /** Dials for the first time. */
  start(): void;
  /** The socket is of no use: waits, and tries another. It does not count as having been open. */
  giveUp(reason: string): void;
  /** Ends it for good. */
  close(code: number, reason: string): void;
}

/** How long one try may take. */
export const DIAL_TIMEOUT_MS = 10_000;
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** How long a connection must have been open for the waits between tries to start from the beginning. */
const STABLE_MS = 5_000;

/** Closes after which trying again is of no use. @source RFC 6455, section 7.4.1; 4000–4999 belong to applications */
const FINAL = /^(100[023789]|1010|4...)$/;

const WAKE_EVENTS = ['online', 'offline', 'visibilitychange', 'pageshow', 'resume'];

/** Makes a connection of socket, handshake, heartbeat, and waits between tries. */
export function createLink(address: Address, options: DialOptions, platform: Platform, listener: LinkListener): Link {
  const { reconnect = true, shouldReconnect, heartbeat, native, dialTimeoutMs = DIAL_TIMEOUT_MS } = options;
  const { intervalMs = 25_000, timeoutMs = 10_000 } = heartbeat || {};
  const { page, nowMs, after } = platform;
  const state = createStore<ConnState>({ kind: 'connecting', tries: 0 });
  const hasHeartbeat = heartbeat !== false && !native;
  let socket: WebSocketLike | undefined;
  /** Of the only timer: of the try, of the heartbeat, or of the wait for the next try. */
  let cancel: (() => void) | undefined;
  let tries = 0;
  let openedMs = 0;
  let heardMs = 0;
  /** Whether an answer to a heartbeat is awaited. */
  let isAsked = false;
  /** Whether it was never open: a failure is told to whoever dials. */
  let isFirst = true;
  let refusal = '';
  let early: FrameData[] = [];
  let loss: CloseInfo;

  const is = (kind: ConnState['kind']): boolean => state.value.kind === kind;
  const bufferedBytes = (): number => socket?.bufferedAmount ?? 0;
  const send = (data: FrameData): void => socket?.send(data);
  const hear = (): void => {
    heardMs = nowMs();
    isAsked = false;
  };
  const later = (delayMs: number, task: () => void): void => {
    cancel?.();
    cancel = after(delayMs, task);
  };
  const listen = (method: 'addEventListener' | 'removeEventListener'): void => {
    for (const event of WAKE_EVENTS) page[method]?.(event, wake);
  };

  async function dial(): Promise<void> {
    const attempt = { kind: 'connecting', tries } as const;
    refusal = '';
    early = [];
    later(dialTimeoutMs, () => drop(1006, 'no answer'));
    state.set(attempt);
    try {
      const url = await urlOf(address, tries, page.location?.href);
      if (state.value === attempt) open(url);
    } catch (error) {
      if (state.value === attempt) drop(1006, `${error}`, error);
    }
  }

  function open(url: string): void {
    const opening = platform.open(url, hear);
    let trouble: string | undefined;
    socket = opening;
    opening.binaryType = 'arraybuffer';
    opening.onopen = () => (native ? welcome('') : send(HELLO));
    opening.onmessage = ({ data }: { data: string | ArrayBuffer }) =>
      receive(typeof data === 'string' ? data : new Uint8Array(data));
    opening.onerror = (error: { message?: string }) => {
      trouble = error.message; // a browser does not tell
      if (opening.readyState > 2) drop(1006); // where the page's content policy forbids it, no close follows
    };
    opening.onclose = ({ code, reason }: CloseInfo) => drop(code, reason || refusal || trouble);
  }

  function receive(data: FrameData): void {
    hear();
    if (is('open')) return listener.received(data);
    const text = textOf(data);
    if (text[0] === 'A') welcome(text.slice(1));
    else if (text[0] === 'H') refusal = text.slice(1);
    else early.push(data);
  }

  function welcome(id: string): void {
    isFirst = false;
    hear();
    openedMs = heardMs;
    watch();
    state.set({ kind: 'open', id });
    listener.opened(id);
    for (const data of early) listener.received(data);
  }

  /** Asks the server when nothing has been heard for a while. */
  function watch(): void {
    cancel?.();
    const restMs = heardMs + intervalMs - nowMs();
    if (hasHeartbeat) restMs > 0 ? later(restMs, watch) : ask(true);
  }

  /** @param mayBeLate whether a timer that runs much too late, as after a sleep, is not believed */
  function ask(mayBeLate: boolean): void {
    const askedMs = nowMs();
    const before = bufferedBytes();
    isAsked = true;
    send(PING);
    later(timeoutMs, () => {
      // Where what was sent before is leaving still, the other side has not been asked yet.
      const isMoving = bufferedBytes() < before;
      if (!isAsked) watch();
      else if (isMoving || (mayBeLate && nowMs() - askedMs > 2 * timeoutMs)) ask(isMoving);
      else drop(1006, 'no heartbeat');
    });
  }

  /** The socket has ended, or is given up. */
  function drop(code: number, reason = '', failure?: unknown): void {
    loss = { code, reason };
    if (is('open') && nowMs() - openedMs >= STABLE_MS) tries = 0;
    const isAllowed = isFirst ? typeof reconnect === 'object' && reconnect.initial : reconnect;
    const isWanted = isAllowed && undisturbed(() => shouldReconnect?.(loss));
    if (is('closed')) return; // by whoever was asked
    if (isAllowed && (isWanted ?? !(FINAL.test(`${code}`) || (refusal && code === 1006)))) {
      letGo();
      tries++;
      wait();
      listener.dropped(loss);
    } else {
      end(loss, refusal ? new RemoteError(refusal, { code: 'CONN_REFUSED' }) : failure);
    }
  }

  function wait(): void {
    const isOffline = page.navigator?.onLine === false;
    const mostMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
    const retryInMs = isOffline ? Number.POSITIVE_INFINITY : platform.random() * mostMs;
    if (isOffline) cancel?.();
    else later(retryInMs, dial);
    state.set({ kind: 'waiting', tries, retryInMs, retryAt: Date.now() + retryInMs, ...loss });
  }

  /** The network comes or goes, or the page was asleep. */
  function wake({ type }: { readonly type: string }): void {
    if (type === 'visibilitychange' && page.document?.visibilityState === 'hidden') return;
    if (is('waiting')) page.navigator?.onLine === false ? wait() : void dial();
    else if (is('open') && hasHeartbeat && !isAsked) ask(true);
  }

  function end(close: CloseInfo, failure: unknown = new WsError('CONN_CLOSED', close)): void {
    letGo();
    listen('removeEventListener');
    state.set({ kind: 'closed', ...close });
    listener.dropped(close, failure);
  }

  /** Hears nothing more of the socket, and does not wait for its end. Without a code it is given up. */
  function letGo(code?: number, reason?: string): void {
    const old = socket;
    if (code) old?.close(code, reason); // throws where a client may not send that, and has changed nothing then
    cancel?.();
    if (!old) return;
    socket = undefined;
    // Also of errors: a socket that is closed before it is open has one, which `ws` wants to be heard.
    old.onopen = old.onmessage = old.onclose = old.onerror = () => {};
    if (!code) old.terminate ? old.terminate() : old.close();
  }

  return {
    state,
    bufferedBytes,
    send,
    isOpen: () => is('open') && socket?.readyState === 1,
    start() {
      listen('addEventListener');
      void dial();
    },
    giveUp(reason) {
      openedMs = Number.POSITIVE_INFINITY;
      drop(1006, reason);
    },
    close(code, reason) {
      if (is('closed')) return;
      // A browser allows 1000 and codes of applications only: 1001 to 1014 become 4001 to 4014.
      letGo(code > 1000 && code < 1015 ? code + 3_000 : code, reason);
      end({ code, reason });
    },
  };
}
