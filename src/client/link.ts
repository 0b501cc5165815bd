import type { CloseInfo } from '../ports/conn.js';
import type { FrameData } from '../protocol/message.js';
import { RemoteError } from './client-errors.js';
import type { Address, ConnState, DialOptions } from './dial-options.js';
import type { Platform, WebSocketLike } from './platform.js';
import { createStore, type Readable } from './store.js';
import { undisturbed } from './undisturbed.js';
import { urlOf } from './url-of.js';
import { HELLO, PING, textOf } from './wire.js';

/** What a link tells whoever speaks through it. */
export interface LinkListener {
  opened(): void;
  received(data: FrameData): void;
  /** The connection was lost, perhaps for good; `failure` says more than the close why it has ended. */
  dropped(close: CloseInfo, isFinal: boolean, failure?: unknown): void;
}

/** One connection that comes back when it is lost. */
export interface Link {
  readonly state: Readable<ConnState>;
  /** What the last welcome has given. */
  readonly id: string;
  /** How long whoever dials waits for the first welcome. */
  readonly firstTimeoutMs: number;
  /** What waits in the socket; `NaN` while what is sent has no chance to arrive. */
  bufferedBytes(): number;
  /** Sends something at once. It is lost where there is no socket. */
  transmit(data: FrameData): void;
  /** Dials for the first time. */
  start(): void;
  /** The socket is of no use: waits, and tries another. It does not count as having been open. */
  giveUp(reason: string): void;
  /** Ends it for good. */
  close(code: number, reason: string): void;
}

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** How long a connection must have been open for the waits between tries to start from the beginning. */
const STABLE_MS = 5_000;

/** Closes after which trying again is of no use. @source RFC 6455, section 7.4.1; 4000–4999 belong to applications */
const FINAL = /^(100[023789]|1010|4...)$/;

const WAKE_EVENTS = ['online', 'offline', 'visibilitychange', 'pageshow', 'resume'];

/** Makes a connection of socket, handshake, heartbeat, and waits between tries. */
export function createLink(address: Address, options: DialOptions, platform: Platform, listener: LinkListener): Link {
  const { reconnect = true, shouldReconnect, heartbeat, native, dialTimeoutMs = 10_000 } = options;
  const { intervalMs = heartbeat === false ? 0 : 25_000, timeoutMs = 10_000 } = heartbeat || {};
  const { page, nowMs, after } = platform;
  const state = createStore<ConnState>({ kind: 'connecting', tries: 0 });
  const hasHeartbeat = intervalMs > 0 && !native;
  const isPatient = (reconnect as { initial?: boolean }).initial; // a boolean has none
  let socket: WebSocketLike | undefined;
  /** Of the only timer: of the try, of the heartbeat, or of the wait for the next try. */
  let cancel = (): void => {};
  let tries = 0;
  let openedMs = 0;
  /** Whether an answer to a heartbeat is awaited. */
  let isAsked = false;
  /** Whether it was never open: a failure is told to whoever dials. */
  let isFirst = true;
  let refusal = '';
  let early: FrameData[] = [];
  let loss: CloseInfo;

  const is = (kind: ConnState['kind']): boolean => state.value.kind === kind;
  const isOffline = (): boolean => page.navigator?.onLine === false;
  const bufferedBytes = (): number => (socket?.readyState === 1 ? socket.bufferedAmount : Number.NaN);
  const transmit = (data: FrameData): void => socket?.send(data);
  const later = (delayMs: number, task: () => void): void => {
    cancel();
    cancel = after(delayMs, task);
  };
  /** Asks the server when nothing has been heard for a while. */
  const hear = (): void => {
    isAsked = false;
    if (hasHeartbeat && is('open')) later(intervalMs, ask);
  };
  const listen = (method: 'addEventListener' | 'removeEventListener'): void => {
    for (const event of WAKE_EVENTS) page[method]?.(event, wake);
  };

  async function dial(): Promise<void> {
    const attempt = { kind: 'connecting', tries } as const;
    refusal = '';
    early = [];
    later(dialTimeoutMs, () => drop('no answer'));
    state.set(attempt);
    try {
      const url = await urlOf(address, tries, page.location?.href);
      if (state.value === attempt) open(url);
    } catch (error) {
      if (state.value === attempt) drop(`${error}`, error);
    }
  }

  function open(url: string): void {
    const opening = platform.open(url, hear);
    let trouble: string | undefined;
    socket = opening;
    opening.binaryType = 'arraybuffer';
    opening.onopen = () => (native ? welcome('') : transmit(HELLO));
    opening.onmessage = ({ data }: { data: string | ArrayBuffer }) =>
      receive(typeof data === 'string' ? data : new Uint8Array(data));
    opening.onerror = (error: { message?: string }) => {
      trouble = error.message; // a browser does not tell
      if (opening.readyState > 2) drop(); // where the page's content policy forbids it, no close follows
    };
    opening.onclose = ({ code, reason }: CloseInfo) => drop(reason || refusal || trouble, undefined, code);
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
    link.id = id;
    isFirst = false;
    openedMs = nowMs();
    cancel();
    state.set({ kind: 'open', id });
    hear();
    listener.opened();
    for (const data of early) listener.received(data);
  }

  /** @param mayBeLate whether a timer that runs much too late, as after a sleep, is not believed */
  function ask(mayBeLate = true): void {
    const askedMs = nowMs();
    const before = bufferedBytes();
    isAsked = true;
    transmit(PING);
    later(timeoutMs, () => {
      // Where what was sent before is leaving still, the other side has not been asked yet.
      const isMoving = bufferedBytes() < before;
      if (isMoving || (mayBeLate && nowMs() - askedMs > 2 * timeoutMs)) ask(isMoving);
      else drop('no heartbeat');
    });
  }

  /** The socket has ended, or is given up. */
  function drop(reason = '', failure?: unknown, code = 1006): void {
    const close = { code, reason };
    if (is('open') && nowMs() - openedMs >= STABLE_MS) tries = 0;
    const isAllowed = isFirst ? isPatient : reconnect;
    const isWanted = isAllowed && undisturbed(() => shouldReconnect?.(close));
    if (is('closed')) return; // by whoever was asked
    const isFinal = !isAllowed || !(isWanted ?? !(FINAL.test(`${code}`) || (refusal && code === 1006)));
    lose(close, isFinal, refusal ? new RemoteError(refusal, { code: 'CONN_REFUSED' }) : failure);
  }

  function lose(close: CloseInfo, isFinal: boolean, failure?: unknown): void {
    letGo();
    if (isFinal) {
      listen('removeEventListener');
      state.set({ kind: 'closed', ...close });
    } else {
      tries++;
      loss = close;
      wait();
    }
    listener.dropped(close, isFinal, failure);
  }

  function wait(): void {
    const mostMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
    const retryInMs = isOffline() ? Number.POSITIVE_INFINITY : platform.random() * mostMs;
    later(retryInMs, dial);
    state.set({ kind: 'waiting', tries, retryInMs, retryAt: Date.now() + retryInMs, ...loss });
  }

  /** The network comes or goes, or the page was asleep. */
  function wake({ type }: { readonly type: string }): void {
    if (type === 'visibilitychange' && page.document?.visibilityState === 'hidden') return;
    if (is('waiting')) isOffline() ? wait() : void dial();
    else if (is('open') && hasHeartbeat && !isAsked) ask();
  }

  /** Hears nothing more of the socket, and does not wait for its end. Without a code it is given up. */
  function letGo(code?: number, reason?: string): void {
    const old = socket;
    if (code) old?.close(code, reason); // throws where a client may not send that, and has changed nothing then
    cancel();
    if (!old) return;
    socket = undefined;
    // Also of errors: a socket that is closed before it is open has one, which `ws` wants to be heard.
    old.onopen = old.onmessage = old.onclose = old.onerror = () => {};
    if (!code) old.terminate ? old.terminate() : old.close();
  }

  const link: Link & { id: string } = {
    state,
    id: '',
    firstTimeoutMs: isPatient ? Number.POSITIVE_INFINITY : dialTimeoutMs,
    bufferedBytes,
    transmit,
    start() {
      listen('addEventListener');
      void dial();
    },
    giveUp(reason) {
      openedMs = Number.POSITIVE_INFINITY;
      drop(reason);
    },
    close(code, reason) {
      if (is('closed')) return;
      // A browser allows 1000 and codes of applications only: 1001 to 1014 become 4001 to 4014.
      letGo(code > 1000 && code < 1015 ? code + 3_000 : code, reason);
      lose({ code, reason }, true);
    },
  };
  return link;
}
