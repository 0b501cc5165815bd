import type { Timer } from '../ports/clock.js';
import type { WaitOptions } from '../ports/conn.js';
import { encodeMessage } from '../protocol/codec.js';
import type { FrameData, WireMessage } from '../protocol/message.js';
import { Asks } from './asks.js';
import { WsError } from './client-errors.js';
import type { ClientMessage } from './client-message.js';
import type { DialOptions } from './dial-options.js';
import type { DialledNSConn, Listener, NamespaceOperations } from './dialled-ns-conn.js';
import { HandlerQueue } from './handler-queue.js';
import type { Link } from './link.js';
import { Outbox } from './outbox.js';
import { NOTHING, type Payload } from './payload.js';
import type { Platform } from './platform.js';
import { type Circumstances, readMessage } from './read-message.js';

/** Where a message goes, and under which name. */
export interface Target {
  readonly namespace: string;
  readonly room?: string;
  readonly event: string;
}

/** How a request of the protocol is made. */
export interface RequestOptions {
  readonly wait?: WaitOptions | undefined;
  readonly payload?: Payload | undefined;
  /** Whether it passes what waits to be sent: what restores the state that the rest counts on. */
  readonly isFirst?: boolean;
}

/** What a session is made of. */
interface SessionParts {
  readonly handlers: ReadonlyMap<string, ReadonlyMap<string, Listener>>;
  readonly options: DialOptions;
  readonly platform: Platform;
}

/** What one dialled connection consists of, for those who move it on. */
export class Session {
  readonly conn: NamespaceOperations;
  readonly options: DialOptions;
  readonly platform: Platform;
  readonly handlers: ReadonlyMap<string, ReadonlyMap<string, Listener>>;
  readonly link: Link;
  readonly asks: Asks;
  readonly outbox: Outbox;
  readonly queue: HandlerQueue = new HandlerQueue(() => this.asks.isWaiting);
  /** Those that are connected, in the order in which they were; while the connection is lost those that will be again. */
  readonly namespaces: Map<string, DialledNSConn> = new Map();
  /** Those that are being connected from here. */
  readonly connecting: Map<string, Promise<DialledNSConn>> = new Map();
  /** The tokens of those who wait for a namespace, with its name. */
  readonly waiters: Map<string, string> = new Map();
  /** How often the connection was lost. What was asked before is nobody's business after. */
  epoch = 0;
  /** Whether all is again as it was before the connection was lost. */
  isRestored = false;
  /** How it was lost the last time. */
  lost: Error | undefined;
  /** Why it has ended for good. */
  ended: Error | undefined;

  constructor(conn: NamespaceOperations, link: Link, { handlers, options, platform }: SessionParts) {
    this.conn = conn;
    this.link = link;
    this.handlers = handlers;
    this.options = options;
    this.platform = platform;
    this.asks = new Asks(platform, options.askTimeoutMs ?? 10_000, (token) => {
      this.outbox.forget(token);
      this.waiters.delete(token);
    });
    this.outbox = new Outbox(this, this.asks, platform);
  }

  get isReady(): boolean {
    return this.link.isOpen && this.isRestored;
  }

  /** Asks the server for one of the four requests, or for an application's answer. */
  request<T>(
    target: Target,
    take: (answer: Partial<WireMessage>) => T | Promise<T>,
    options: RequestOptions = {},
  ): Promise<T> {
    const { wait, payload = NOTHING, isFirst } = options;
    const begin = (token: string): void => {
      if (this.ended) throw this.ended;
      const data = frameOf({ ...target, wait: token }, payload);
      if (isFirst) this.outbox.write(data, token);
      else this.outbox.send(data, token);
    };
    return this.asks.wait({ event: target.event, options: wait, begin, take });
  }

  /** What several ask for at the same time is done once. */
  share<T>(underWay: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
    const there = underWay.get(key);
    if (there) return there;
    const work = start().finally(() => underWay.delete(key));
    underWay.set(key, work);
    return work;
  }

  /** Calls a handler, and waits for it no longer than it may take. */
  async call(handler: Listener, msg: ClientMessage, ns: DialledNSConn): Promise<unknown> {
    const { handlerTimeoutMs: timeoutMs = 30_000 } = this.options;
    const result = handler(msg, ns);
    if (!(result instanceof Promise)) return result;
    let timer: Timer | undefined;
    const { event } = msg;
    const overdue = new Promise((_, reject) => {
      timer = this.platform.after(timeoutMs, () =>
        reject(new WsError('HANDLER_TIMEOUT', { event, timeoutMs }, 'too slow')),
      );
    });
    try {
      return await Promise.race([result, overdue]);
    } finally {
      timer?.cancel();
    }
  }

  /** Calls the handler of a lifecycle event. Throws what it throws: the caller knows whether that refuses. */
  async fire(ns: DialledNSConn, target: Omit<Target, 'namespace'>, circumstances: Circumstances): Promise<void> {
    const handler = this.handlers.get(ns.name)?.get(target.event);
    if (handler) await this.call(handler, readMessage({ ...target, namespace: ns.name }, circumstances), ns);
  }

  /** The same for an event that cannot refuse. */
  async tell(ns: DialledNSConn, target: Omit<Target, 'namespace'>, circumstances: Circumstances): Promise<void> {
    try {
      await this.fire(ns, target, circumstances);
    } catch (error) {
      this.report(error, { ...target, namespace: ns.name });
    }
  }

  report(error: unknown, { namespace, room = '', event }: Target): void {
    const { onError = console.error } = this.options;
    onError(error, { namespace, room, event });
  }
}

/** A message as a frame. */
export function frameOf(
  { namespace, room = '', event, wait = '' }: Target & { wait?: string },
  payload: Payload,
  isError = false,
): FrameData {
  return encodeMessage({ wait, namespace, room, event, isError, isNoOp: false, ...payload });
}
