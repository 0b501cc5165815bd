import type { CloseInfo } from '../ports/conn.js';
import { WsError } from './client-errors.js';
import type { Core, Telling } from './core.js';
import type { Address, DialOptions } from './dial-options.js';
import type { DialledConn, EventMaps } from './dialled.js';
import { createGroup, NAMESPACES } from './group.js';
import { createHandlerQueue } from './handler-queue.js';
import { createInbound } from './inbound.js';
import { createLink, type Link } from './link.js';
import { makeNamespace } from './namespace.js';
import { type Ask, createOutbox } from './outbox.js';
import type { Platform } from './platform.js';
import { quiet } from './quiet.js';
import { undisturbed } from './undisturbed.js';
import { NOTHING, toPayload } from './wire.js';

/** Dials on a platform. */
export function openConn(
  address: Address,
  events: EventMaps,
  options: DialOptions,
  platform: Platform,
): Promise<DialledConn> {
  const { native, handlerTimeoutMs: timeoutMs = 30_000, onError = console.error } = options;
  let dialling: Ask | undefined;
  /** How it has ended for good. */
  let end: unknown;
  let tellClosed: (close: CloseInfo) => void;
  const closed = new Promise<CloseInfo>((resolve) => {
    tellClosed = resolve;
  });

  const link: Link = createLink(address, options, platform, {
    opened() {
      if (end) return; // by whoever was told that it is open
      if (native && !members.size) members.set('', namespaces.create('', NOTHING));
      void queue.run(restore);
      dialling?.answer();
    },
    received: (data) => end || receive(data),
    dropped(close, isFinal, failure) {
      if (end) return;
      core.loss = new WsError('CONN_CLOSED', close);
      end = isFinal && core.loss;
      if (isFinal && failure) dialling?.fail(failure);
      outbox.lose(core.loss, isFinal);
      queue.drop(2);
      for (const there of members.values()) there.lose(isFinal);
      if (isFinal) queue.push(0, () => tellClosed(close));
    },
  });
  const outbox = createOutbox(link, options, platform, () => queue.wake());
  const queue = createHandlerQueue(outbox.isAsking);

  const conn: DialledConn = {
    closed,
    state: link.state,
    get id() {
      return link.id;
    },
    get namespaces() {
      return namespaces.list();
    },
    namespace: (name) => namespaces.get(name),
    connect: (name, { body = '', ...wait } = {}) => namespaces.enter(name, body, wait),
    waitServerConnect: (name, wait) => namespaces.waitFor(name, wait),
    disconnectAll: (wait) =>
      quiet(async () => {
        for (const ns of conn.namespaces) if (conn.namespace(ns.namespace) === ns) await ns.disconnect(wait);
      }),
    emitNative(body) {
      if (!end) outbox.send(toPayload(body).body);
    },
    close(code = 1000, reason = '') {
      link.close(code, reason);
      queue.drop(1);
    },
  };

  const core: Core = {
    ...link,
    ...queue,
    ...outbox,
    conn,
    handlers: new Map(Object.entries(events)),
    loss: undefined,
    call(listener, msg, ns) {
      const { event } = msg;
      return new Promise((resolve, reject) => {
        const overdue = (): void => reject(new WsError('HANDLER_TIMEOUT', { event, timeoutMs }));
        const cancel = platform.after(timeoutMs, overdue);
        (async () => listener(msg, ns))().then(resolve, reject).finally(cancel);
      });
    },
    report: (error, { namespace, room, event }) => undisturbed(() => onError(error, { namespace, room, event })),
  };
  const namespaces = createGroup(
    core,
    NAMESPACES,
    () => end,
    (name, tools) => makeNamespace(core, name, tools),
  );
  const { members } = namespaces;
  const receive = createInbound(core, namespaces, !!native);

  async function restore(): Promise<void> {
    const { loss } = core;
    const tellings: Telling[] = [];
    for (const there of native ? [] : [...members.values()]) {
      if (loss === core.loss) await there.restore(tellings);
    }
    if (loss === core.loss) outbox.open();
    for (const tell of tellings) await tell();
  }

  const welcomed = outbox.ask(
    { event: 'dial' },
    { ...options, timeoutMs: link.firstTimeoutMs },
    (ask) => {
      dialling = ask;
      link.start();
    },
    () => conn,
  );
  welcomed.catch(() => conn.close());
  return welcomed;
}
