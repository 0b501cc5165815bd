import type { CloseInfo, WaitOptions } from '../ports/conn.js';
import { isReservedEvent, SystemEvent } from '../protocol/event-names.js';
import { WsError } from './client-errors.js';
import type { ClientMessage } from './client-message.js';
import type { Address, ConnState, DialOptions } from './dial-options.js';
import { DialledNSConn, type Listener, type NamespaceOperations } from './dialled-ns-conn.js';
import type { DialledRoom } from './dialled-room.js';
import { type EventMaps, readHandlers } from './event-handlers.js';
import { receive } from './inbound.js';
import { DIAL_TIMEOUT_MS, Link } from './link.js';
import { NOTHING, toPayload } from './payload.js';
import type { Platform } from './platform.js';
import { type ConnectOptions, connect, disconnect, isThere, joinRoom, leaveRoom, mustBeThere } from './procedures.js';
import { readMessage } from './read-message.js';
import { lose, restore } from './restore.js';
import { frameOf, Session } from './session.js';
import type { Readable } from './store.js';

/** The longest time that a timer can be set to. @source HTML, section 8.7: timeouts are signed 32-bit integers */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Who does not look at a promise does not want to know: what it is rejected with must not end a process. */
function observed<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

/** A connection that was dialled. It stays the same object when it is lost and comes back. */
export class DialledConn implements NamespaceOperations {
  /** Fulfilled with this connection when the server has let it in. */
  readonly welcomed: Promise<DialledConn>;
  readonly closed: Promise<CloseInfo>;
  readonly #session: Session;
  readonly #link: Link;
  #id = '';
  #dialToken = '';
  #tellClosed: (close: CloseInfo) => void = () => {};

  constructor(address: Address, events: EventMaps<Listener>, options: DialOptions, platform: Platform) {
    const { reconnect, signal, dialTimeoutMs = DIAL_TIMEOUT_MS } = options;
    const timeoutMs = typeof reconnect === 'object' && reconnect.initial ? FOR_EVER_MS : dialTimeoutMs;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#link = new Link(address, options, platform, {
      opened: (id) => this.#opened(id),
      frame: (data) => receive(this.#session, data),
      lost: (close, failure) => this.#lost(close, failure),
    });
    this.#session = new Session(this, this.#link, { handlers: readHandlers(events), options, platform });
    this.welcomed = this.#session.asks.wait<DialledConn>({
      event: 'dial',
      options: { timeoutMs, ...(signal && { signal }) },
      begin: (token) => {
        this.#dialToken = token;
        this.#link.start();
      },
      take: () => this,
    });
    this.welcomed.catch(() => this.close());
  }

  get id(): string {
    return this.#id;
  }

  get state(): Readable<ConnState> {
    return this.#link.state;
  }

  get namespaces(): readonly DialledNSConn[] {
    return [...this.#session.namespaces.values()];
  }

  namespace(name: string): DialledNSConn | undefined {
    return this.#session.namespaces.get(name);
  }

  connect(namespace: string, options?: ConnectOptions): Promise<DialledNSConn> {
    return observed(connect(this.#session, namespace, options));
  }

  waitServerConnect(namespace: string, options?: WaitOptions): Promise<DialledNSConn> {
    return observed(this.#waitServerConnect(namespace, options));
  }

  disconnectAll(options?: WaitOptions): Promise<void> {
    return observed(this.#disconnectAll(options));
  }

  emitNative(body: string | ArrayBuffer | ArrayBufferView): void {
    // Bytes may wait before they leave, and whoever sends them may write over them meanwhile.
    if (!this.#session.ended) this.#session.outbox.send(toPayload(body).body.slice());
  }

  close(code = 1000, reason = ''): void {
    this.#session.queue.keep(() => false);
    this.#link.close(code, reason);
  }

  emit(ns: DialledNSConn, room: string, event: string, body: unknown): void {
    this.#refuseReserved(event);
    if (isThere(this.#session, ns)) {
      this.#session.outbox.send(frameOf({ namespace: ns.name, room, event }, toPayload(body)));
    }
  }

  ask(ns: DialledNSConn, event: string, body: unknown, wait?: WaitOptions): Promise<ClientMessage> {
    return observed(this.#ask(ns, event, body, wait));
  }

  joinRoom(ns: DialledNSConn, name: string, options?: WaitOptions): Promise<DialledRoom> {
    return observed(joinRoom(this.#session, ns, name, options));
  }

  leaveRoom(ns: DialledNSConn, room: DialledRoom, options?: WaitOptions): Promise<void> {
    return observed(leaveRoom(this.#session, ns, room, options));
  }

  leaveAll(ns: DialledNSConn, options?: WaitOptions): Promise<void> {
    return observed(this.#leaveAll(ns, options));
  }

  disconnect(ns: DialledNSConn, options?: WaitOptions): Promise<void> {
    return observed(disconnect(this.#session, ns, options));
  }

  async #ask(ns: DialledNSConn, event: string, body: unknown, wait?: WaitOptions): Promise<ClientMessage> {
    mustBeThere(this.#session, ns);
    this.#refuseReserved(event);
    // A bare acknowledgement says that the handler has returned nothing: neither a text nor an empty one.
    return await this.#session.request(
      { namespace: ns.name, event },
      (answer) => readMessage({ ...answer, wait: '', json: answer.json || !answer.event || undefined }),
      { wait, payload: toPayload(body) },
    );
  }

  async #waitServerConnect(name: string, options?: WaitOptions): Promise<DialledNSConn> {
    const { namespaces, asks, waiters, ended } = this.#session;
    return (
      namespaces.get(name) ??
      (await asks.wait({
        event: SystemEvent.NamespaceConnected,
        options,
        begin: (token) => {
          if (ended) throw ended;
          waiters.set(token, name);
        },
        take: () => namespaces.get(name) as DialledNSConn, // it is called when it is there
      }))
    );
  }

  async #leaveAll(ns: DialledNSConn, options?: WaitOptions): Promise<void> {
    // While one room is left the server may leave the next.
    for (const room of ns.rooms) if (ns.room(room.name) === room) await this.leaveRoom(ns, room, options);
  }

  async #disconnectAll(options?: WaitOptions): Promise<void> {
    for (const ns of this.namespaces) if (isThere(this.#session, ns)) await this.disconnect(ns, options);
  }

  #refuseReserved(event: string): void {
    if (isReservedEvent(event)) throw new WsError('EVENT_RESERVED', { event }, 'not yours');
  }

  #opened(id: string): void {
    const { namespaces, asks, queue, options } = this.#session;
    this.#id = id;
    if (options.native && !namespaces.size) namespaces.set('', new DialledNSConn(this, '', NOTHING));
    void queue.run(() => restore(this.#session));
    asks.answer(this.#dialToken);
  }

  #lost(close: CloseInfo, failure: unknown): void {
    if (this.#session.ended) return;
    const isFinal = failure !== undefined;
    if (isFinal) this.#session.asks.fail(this.#dialToken, failure);
    const told = lose(this.#session, close, isFinal);
    if (!isFinal) return;
    this.#session.outbox.forget();
    void told.then(() => this.#tellClosed(close));
  }
}
