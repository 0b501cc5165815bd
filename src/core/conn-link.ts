import { WsError } from '../errors.js';
import type { Room, WaitOptions } from '../ports/conn.js';
import type { Hub } from '../ports/hub.js';
import type { Message } from '../ports/message.js';
import { NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body, WireMessage } from '../protocol/message.js';
import { sendAsk } from './ask.js';
import { toPayload } from './body.js';
import type { ConnContext } from './conn-context.js';
import { askDisconnect } from './disconnect-procedures.js';
import { report } from './failures.js';
import type { Address, Circle, Link } from './link.js';
import { LiveMessage } from './live-message.js';
import { checkEvent } from './outbound.js';
import { askJoin, askLeave } from './room-procedures.js';

/** A slow reader may lose what nobody waits for. */
const EMIT = { droppable: true } as const;

/** What the namespaces and rooms of a connection do through it. */
export class ConnLink implements Link {
  readonly #context: ConnContext;

  constructor(context: ConnContext) {
    this.#context = context;
  }

  emit(to: Address, event: string, body: unknown): void {
    const { outbound, settings, ended } = this.#context;
    if (ended) return;
    checkEvent(event, settings);
    const { namespace, room } = to;
    const { body: payload, binary, json } = toPayload(body);
    // Field by field: two spreads took 1,100 of some 29,400 instructions of an echo (`npm run bench -- instructions-echo`).
    outbound.send(
      { wait: '', namespace, room, event, isError: false, isNoOp: false, body: payload, binary, json },
      EMIT,
    );
  }

  /** Sends a raw message. Before the handshake is done it waits: the welcome is the first of all frames. */
  emitNative(body: Body): void {
    const emit = (): void => this.emit({ namespace: '', room: '' }, NATIVE_MESSAGE, body);
    if (this.#context.isOpen) return emit();
    // What the connection does not live to see is dropped, as any emit.
    const failed = (error: unknown): void => {
      if (!this.#context.ended) report(this.#context, error, { namespace: '', event: NATIVE_MESSAGE });
    };
    this.#context.whenOpen().then(emit).catch(failed);
  }

  ask(to: Address, event: string, body: unknown, options?: WaitOptions): Promise<Message> {
    return new Promise((resolve, reject) => {
      checkEvent(event, this.#context.settings);
      const answered = (reply: WireMessage): void => resolve(this.#messageOf(to, event, reply));
      const { namespace, room } = to;
      const ask = { namespace, room, event, payload: toPayload(body) };
      sendAsk(this.#context, ask, { resolve: answered, reject }, options);
    });
  }

  joinRoom(namespace: string, room: string, options?: WaitOptions): Promise<Room> {
    return askJoin(this.#context, namespace, room, options);
  }

  async leaveRoom(room: Room, options?: WaitOptions): Promise<void> {
    await askLeave(this.#context, room, options);
  }

  async disconnect(namespace: string, options?: WaitOptions): Promise<void> {
    await askDisconnect(this.#context, namespace, options);
  }

  broadcast({ namespace, rooms }: Circle, event: string, body: unknown): void {
    this.#hub.broadcast({ namespace, rooms, ids: [], exceptIds: [], exceptKeys: [] }, event, body);
  }

  broadcastOthers({ namespace, rooms }: Circle, event: string, body: unknown): void {
    const exceptKeys = [this.#context.conn.key];
    this.#hub.broadcast({ namespace, rooms, ids: [], exceptIds: [], exceptKeys }, event, body);
  }

  get #hub(): Hub {
    const { hub } = this.#context.settings;
    if (!hub) throw new WsError('CLIENT_CANNOT_BROADCAST', {});
    return hub;
  }

  /** A reply tells of the ask it answers: an acknowledgement carries no names of its own. */
  #messageOf({ namespace, room }: Address, event: string, { body }: WireMessage): Message {
    return new LiveMessage(this.#context.conn, { namespace, room, event, body });
  }
}
