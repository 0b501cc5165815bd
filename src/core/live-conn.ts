import { WsError } from '../errors.js';
import type { CloseInfo, Conn, NSConn, WaitOptions } from '../ports/conn.js';
import type { Socket, SocketListener } from '../ports/socket.js';
import { CloseCode, fitCloseReason, isSendableCloseCode } from '../protocol/close-codes.js';
import { isLarger } from '../protocol/codec.js';
import type { Body, FrameData, WireMessage } from '../protocol/message.js';
import type { ConnContext, Opening } from './conn-context.js';
import type { ConnIdentity } from './conn-identity.js';
import { ConnLink } from './conn-link.js';
import { askConnect, connectAtOnce } from './connect-procedures.js';
import { Deadlines } from './deadlines.js';
import { disconnectEach, endAll } from './disconnect-procedures.js';
import { dispatch } from './dispatch.js';
import { EndingConn } from './ending-conn.js';
import type { NamespaceTable } from './event-table.js';
import { closeCodeOf, publish } from './failures.js';
import { FewByName } from './few-by-name.js';
import type { HandledFrame } from './handled-frame.js';
import { HandlerQueue, type QueueEvents } from './handler-queue.js';
import { Handshake, type HandshakeEvents } from './handshake.js';
import { Inbound } from './inbound.js';
import { isIndependent } from './independence.js';
import type { LiveNSConn } from './live-ns-conn.js';
import { observed } from './observed.js';
import { Outbound } from './outbound.js';
import { PendingAsks } from './pending-asks.js';
import { endDeadlineOf, isPromiseLike, runHook, tellHook } from './run-handler.js';
import type { ConnSettings } from './settings.js';
import { Waiters } from './waiters.js';

/** One end of one connection: the same on a server and on a client. */
export class LiveConn extends EndingConn implements ConnContext, SocketListener, QueueEvents, HandshakeEvents {
  readonly settings: ConnSettings;
  readonly conn: Conn = this;
  readonly link: ConnLink = new ConnLink(this);
  readonly outbound: Outbound;
  readonly asks: PendingAsks;
  readonly queue: HandlerQueue;
  readonly connected: FewByName<LiveNSConn> = new FewByName();
  readonly opening: FewByName<Opening> = new FewByName();
  underWay: Set<Promise<unknown>> | undefined;
  roomCount = 0;
  #id: string;
  readonly #socket: Socket;
  /** None once it is over: most of a connection's life. */
  #handshake: Handshake | undefined;
  /** Made with the first that waits: nobody does on most connections. */
  #waiters: Waiters | undefined;
  readonly #inbound: Inbound;
  #deadlines: Deadlines | undefined;
  #wasAdmitted = false;
  #endDeadlineMs = 0;

  constructor(settings: ConnSettings, socket: Socket, identity: ConnIdentity) {
    super(identity);
    this.settings = settings;
    this.#socket = socket;
    this.#id = identity.arrival.id;
    this.outbound = new Outbound(settings, socket);
    this.queue = new HandlerQueue(settings, this);
    this.asks = new PendingAsks(settings, this.queue);
    this.#inbound = new Inbound(this);
    this.#handshake = new Handshake(settings, this, this.#id);
  }

  get id(): string {
    return this.#id;
  }

  get isOpen(): boolean {
    return this.#isShaken || !this.settings.wire.hasHandshake;
  }

  /** Whether the handshake has ended, well or not. */
  get #isShaken(): boolean {
    return this.#handshake === undefined || this.#handshake.isOver;
  }

  #waiting(): Waiters {
    this.#waiters ??= new Waiters(this.settings);
    return this.#waiters;
  }

  /** Whether this side does not read at the moment, so that nothing can be expected to arrive. */
  get isReadingPaused(): boolean {
    return this.queue.isPaused || this.#handshake?.isPaused === true;
  }

  get namespaces(): readonly NSConn[] {
    return this.connected.values();
  }

  namespace(name: string): NSConn | undefined {
    return this.connected.get(name);
  }

  connect(namespace: string, options?: WaitOptions): Promise<NSConn> {
    return observed(askConnect(this, namespace, options));
  }

  waitConnect(namespace: string, options?: WaitOptions): Promise<NSConn> {
    if (this.ended) return observed(Promise.reject(new WsError('CONN_CLOSED', this.ended)));
    return observed(Promise.resolve(this.connected.get(namespace) ?? this.#waiting().wait(namespace, options)));
  }

  disconnectAll(options?: WaitOptions): Promise<void> {
    return observed(disconnectEach(this, options));
  }

  emitNative(body: Body): void {
    this.link.emitNative(body);
  }

  close(code: number = CloseCode.Normal, reason = ''): void {
    if (this.ended) return;
    if (!isSendableCloseCode(code)) {
      const expected = '1000 to 1003, 1007 to 1014, or 3000 to 4999';
      throw new WsError('OPTION_INVALID', { option: 'code of close()', value: code, expected });
    }
    this.outbound.flush();
    const fitting = fitCloseReason(reason);
    this.#end({ code, reason: fitting });
    this.#socket.close(code, fitting);
  }

  /** The peer is gone without a word. */
  terminate(reason: string): void {
    this.#end({ code: CloseCode.Abnormal, reason });
    this.#socket.terminate();
  }

  override toString(): string {
    return this.id;
  }

  /** Begins: the hook that may refuse, and the handshake. Frames are read from here on, and held until both are done. */
  start(): void {
    this.#socket.listen(this);
    if (this.ended) return; // it closed before it was listened to
    this.updateDeadlines();
    this.#handshake?.start();
    if (this.settings.side === 'client') return;
    const result = runHook(this, 'onConnect');
    if (isPromiseLike(result) || !this.settings.wire.hasHandshake) void this.queue.occupy(() => this.#letIn(result));
    else if (!this.ended) this.#admit();
  }

  /** Fulfilled when the handshake is done. On a server, asking for it lets the connection in. */
  async whenOpen(options?: WaitOptions): Promise<void> {
    if (this.ended) throw new WsError('CONN_CLOSED', this.ended);
    if (this.#isShaken) return;
    if (this.settings.side === 'server') this.#handshake?.ready();
    if (!this.#isShaken) await this.#waiting().waitOpen(options);
  }

  tellWaiters(ns: LiveNSConn): void {
    this.#waiters?.connected(ns);
  }

  onFrame(data: FrameData): void {
    if (this.ended) return;
    this.settings.metrics.count('frames.in');
    this.#deadlines?.heard();
    if (isLarger(data, this.settings.limits.maxMessageBytes)) return this.close(CloseCode.TooBig, 'message too large');
    if (this.#isShaken) this.#inbound.receive(data);
    else this.#handshake?.onFrame(data);
  }

  onPong(): void {}
  onDrain(): void {}

  onOverdue(): void {
    if (this.ended) return;
    this.settings.metrics.count('timeouts.message');
    this.close(CloseCode.TryAgainLater, 'message timeout');
  }

  onCrowded(): void {
    if (this.ended) return;
    this.settings.metrics.count('unfinished.closed');
    this.close(CloseCode.TryAgainLater, 'too many unfinished messages');
    // Its answer to the close frame would stand behind the message that it does not finish.
    this.#socket.terminate();
  }

  onClose(code: number, reason: string): void {
    this.#end({ code, reason });
  }

  handlerTimeMs({ handlerTimeoutMs }: Pick<NamespaceTable, 'handlerTimeoutMs'> = this.settings): number {
    const ownMs = handlerTimeoutMs ?? this.settings.handlerTimeoutMs;
    return this.ended ? Math.min(ownMs, this.#endDeadlineMs - this.settings.scheduler.nowMs()) : ownMs;
  }

  updateDeadlines(): void {
    if (!this.ended && (this.#deadlines || Deadlines.areSet(this))) {
      this.#deadlines ??= new Deadlines(this, this.#socket);
      this.#deadlines.update();
    }
  }

  handle(frame: HandledFrame): void | Promise<void> {
    return dispatch(this, frame);
  }

  mayPass(running: HandledFrame, asked: WireMessage): boolean {
    return running.kind === 'native' || isIndependent(this, running.message, asked);
  }

  pendingAsks(): number {
    return this.asks.size;
  }

  pause(): void {
    this.settings.metrics.count('reading.paused');
    this.#deadlines?.pause();
    this.#socket.pause();
  }

  resume(): void {
    if (!this.isReadingPaused) this.#deadlines?.resume();
    this.#socket.resume();
  }

  sendData(data: FrameData): void {
    this.outbound.sendData(data);
  }

  opened(id: string): void {
    this.#id = id;
    if (this.#handshake?.readsRichFrames) this.outbound.enrich();
    if (this.settings.side === 'client') this.#wasAdmitted = true;
    this.#handshake = undefined;
    this.#waiters?.opened();
  }

  refused(text: string): void {
    this.#waiters?.failAll(new WsError('CONN_REFUSED', { text }));
  }

  deliver(data: FrameData): void {
    if (!this.ended) this.#inbound.receive(data);
  }

  readOn(): void {
    if (!this.queue.isPaused) this.resume();
  }

  async #letIn(result: unknown): Promise<void> {
    try {
      if (isPromiseLike(result)) await result;
      if (this.ended) return;
      if (!this.settings.wire.hasHandshake) await connectAtOnce(this);
    } catch (error) {
      const { text } = publish(this, error, { namespace: '', event: 'onConnect' });
      this.settings.metrics.count('connections.refused');
      const code = closeCodeOf(error);
      // Once the connection has been used its welcome is out, and a refusal would be read as a message.
      return this.#handshake ? this.#handshake.refuse(text, code) : this.close(code, text);
    }
    this.#admit();
  }

  #admit(): void {
    this.#wasAdmitted = true;
    if (!this.#isShaken) this.#handshake?.ready();
  }

  /** Ends everything at once, and then tells of it, in order: rooms, namespaces, the connection. */
  #end(info: CloseInfo): void {
    if (this.ended) return;
    this.ended = info;
    this.#endDeadlineMs = endDeadlineOf(this);
    // Made for who waits: the stack that it keeps is dear, and all connections may end at once when a network goes.
    const error = (): WsError => new WsError('CONN_CLOSED', info);
    this.#handshake?.stop();
    this.outbound.stop();
    this.#deadlines?.stop();
    this.settings.hub?.ended(this);
    this.abort(error);
    if (this.asks.size > 0) this.asks.failAll(error());
    this.#waiters?.failAll(error());
    void this.#tellOfEnd(info);
  }

  async #tellOfEnd(info: CloseInfo): Promise<void> {
    await this.queue.close();
    if (this.underWay) await Promise.allSettled(this.underWay);
    // Handlers that were still running had their own time: what tells of the end has all of its own.
    this.#endDeadlineMs = endDeadlineOf(this);
    await endAll(this);
    if (this.#wasAdmitted) await tellHook(this, 'onDisconnect');
    await tellHook(this, 'release');
    if (this.handlerTimeMs() <= 0)
      this.log.warn({ conn: this.id }, 'not all that ended with a connection was told in time');
    this.forget();
    this.told(info);
  }
}
