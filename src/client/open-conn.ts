import type { CloseInfo, WaitOptions } from '../ports/conn.js';
import { WsError } from './client-errors.js';
import type { Core, Namespace, Telling } from './core.js';
import type { Address, DialOptions } from './dial-options.js';
import type { DialledConn, DialledNSConn, Listener } from './dialled.js';
import { type EventMaps, readHandlers } from './event-handlers.js';
import { createHandlerQueue } from './handler-queue.js';
import { createInbound } from './inbound.js';
import { CONNECT, CONNECTED } from './lifecycle.js';
import { createLink, DIAL_TIMEOUT_MS, type Link } from './link.js';
import { createNamespace, LOCAL } from './namespace.js';
import { createOutbox } from './outbox.js';
import type { Platform } from './platform.js';
import { quiet } from './quiet.js';
import { createShare, type UnderWay } from './share.js';
import { undisturbed } from './undisturbed.js';
import { type Payload, toPayload, writeFrame } from './wire.js';

/** Dials on a platform. */
export function openConn(
  address: Address,
  events: EventMaps<Listener>,
  options: DialOptions,
  platform: Platform,
): Promise<DialledConn> {
  const { native, handlerTimeoutMs = 30_000, onError = console.error, reconnect, signal } = options;
  const { dialTimeoutMs = DIAL_TIMEOUT_MS } = options;
  const connected = new Map<string, Namespace>();
  const connecting: UnderWay = new Map();
  let id = '';
  let dialling = '';
  let isRestored = false;
  let isEnded = false;
  let tellClosed: (close: CloseInfo) => void;
  const closed = new Promise<CloseInfo>((resolve) => {
    tellClosed = resolve;
  });

  const link: Link = createLink(address, options, platform, {
    opened(newId) {
      id = newId;
      if (native && !connected.size) connected.set('', Object.assign(core.create(''), { wanted: { body: '' } }));
      void queue.run(restore);
      outbox.asks.get(dialling)?.answer();
    },
    received: (data) => receive(data),
    dropped(close, failure) {
      if (isEnded) return;
      isEnded = failure !== undefined;
      isRestored = false;
      core.epoch++;
      core.loss = new WsError('CONN_CLOSED', close);
      if (isEnded) outbox.asks.get(dialling)?.fail(failure);
      outbox.lose(core.loss, isEnded);
      queue.drop(false);
      const tellings = [...connected.values()].flatMap((there) => there.lose(isEnded));
      if (isEnded) tellings.push(() => tellClosed(close));
      queue.push(undefined, () => tellAll(tellings));
    },
  });
  const outbox = createOutbox(link, options, platform, {
    isReady: () => isRestored && link.isOpen(),
    asked: () => queueMicrotask(() => queue.wake()), // whoever asks goes on first
  });
  const queue = createHandlerQueue(() => [...outbox.asks.values()].some(({ isSent }) => isSent));

  const conn: DialledConn = {
    closed,
    state: link.state,
    get id() {
      return id;
    },
    get namespaces() {
      return Array.from(connected.values(), ({ ns }) => ns);
    },
    namespace: (name) => connected.get(name)?.ns,
    connect: (name, { body, ...wait } = {}) => quiet(async () => (await connect(name, body, wait)).ns),
    waitServerConnect: (name, wait = {}) => {
      const begin = (): void => {
        core.check();
        if (connected.has(name)) core.arrived(name);
      };
      const take = (): DialledNSConn => conn.namespace(name) as DialledNSConn; // it is there then
      return outbox.ask(arrivalOf(name), wait, begin, take);
    },
    disconnectAll: (wait) =>
      quiet(async () => {
        for (const ns of conn.namespaces) if (conn.namespace(ns.namespace) === ns) await ns.disconnect(wait);
      }),
    emitNative(body) {
      if (!isEnded) outbox.send(copyOf(toPayload(body)).body);
    },
    close(code = 1000, reason = '') {
      queue.drop(true);
      link.close(code, reason);
    },
  };

  const request: Core['request'] = (target, wait = {}, take, payload = { body: '' }, isFirst) => {
    const begin = (token: string): void => {
      core.check();
      outbox.send(writeFrame({ ...target, wait: token }, payload), token, isFirst);
    };
    return outbox.ask(target.event, wait, begin, take);
  };

  const core: Core = {
    conn,
    connected,
    handlers: readHandlers(events),
    epoch: 0,
    loss: undefined,
    run: queue.run,
    giveUp: link.giveUp,
    check() {
      if (isEnded) throw core.loss;
    },
    create: (name) => createNamespace(core, name),
    arrived(name) {
      for (const { event, answer } of outbox.asks.values()) if (event === arrivalOf(name)) answer();
    },
    emit: (target, body) => outbox.send(writeFrame(target, toPayload(body))),
    request,
    share: createShare(outbox, request),
    async call(listener, msg, ns) {
      const { event } = msg;
      const timeoutMs = handlerTimeoutMs;
      let cancel: (() => void) | undefined;
      const overdue = new Promise((_, reject) => {
        cancel = platform.after(timeoutMs, () => reject(new WsError('HANDLER_TIMEOUT', { event, timeoutMs })));
      });
      try {
        return await Promise.race([listener(msg, ns), overdue]);
      } finally {
        cancel?.();
      }
    },
    report: (error, { namespace, room = '', event }) => undisturbed(() => onError(error, { namespace, room, event })),
  };
  const receive = createInbound({ core, outbox, queue, isNative: !!native, send: link.send });

  async function connect(name: string, body: unknown, wait: WaitOptions): Promise<Namespace> {
    const payload = body === undefined ? { body: '' } : copyOf(toPayload(body));
    const there = connected.get(name);
    if (there && !there.ending()) {
      there.wanted ??= payload;
      return there;
    }
    return await core.share(connecting, { namespace: name, event: CONNECT }, wait, async (ask) => {
      const ending = connected.get(name)?.ending();
      if (ending) await ending;
      const next = connected.get(name) ?? core.create(name);
      next.wanted ??= payload;
      if (connected.has(name)) return next;
      await next.fire(CONNECT, LOCAL);
      return await ask(() => next.install(LOCAL), payload);
    });
  }

  async function restore(): Promise<void> {
    const { epoch } = core;
    const tellings: Telling[] = [];
    for (const there of native ? [] : [...connected.values()]) {
      if (epoch === core.epoch) await there.restore(tellings);
    }
    if (epoch === core.epoch) {
      isRestored = true;
      outbox.flush();
    }
    await tellAll(tellings);
  }

  const begin = (token: string): void => {
    dialling = token;
    link.start();
  };
  const timeoutMs = typeof reconnect === 'object' && reconnect.initial ? Number.POSITIVE_INFINITY : dialTimeoutMs;
  const welcomed = outbox.ask('dial', { timeoutMs, ...(signal && { signal }) }, begin, () => conn);
  welcomed.catch(() => conn.close());
  return welcomed;
}

/** The name under which a namespace is waited for. */
const arrivalOf = (name: string): string => `${CONNECTED} ${name}`;

/** Bytes may wait before they leave, or leave again, and whoever sends them may write over them meanwhile. */
const copyOf = (payload: Payload): Payload => ({ ...payload, body: payload.body.slice() });

async function tellAll(tellings: readonly Telling[]): Promise<void> {
  for (const tell of tellings) await tell();
}
