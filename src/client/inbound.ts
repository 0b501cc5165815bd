import type { Body, FrameData } from '../protocol/message.js';
import { PublicError } from './client-errors.js';
import type { Core, Namespace } from './core.js';
import type { HandlerQueue } from './handler-queue.js';
import { CONNECT, DISCONNECT, isReserved, JOIN, LEAVE, NATIVE } from './lifecycle.js';
import type { Outbox } from './outbox.js';
import { readError } from './read-message.js';
import { bytesOf, type Incoming, readFrame, toPayload, writeFrame } from './wire.js';

/** What frames go through. */
interface InboundParts {
  readonly core: Core;
  readonly outbox: Outbox;
  readonly queue: HandlerQueue;
  readonly isNative: boolean;
  send(answer: FrameData): void;
}

/** Gives what brings a frame to whoever waits for it: an answer at once, anything else in its turn. */
export function createInbound({ core, outbox, queue, isNative, send }: InboundParts): (data: FrameData) => void {
  /** Does what the server asks by one of the four requests. What it throws refuses. */
  async function obey(message: Incoming, acknowledge: () => void): Promise<unknown> {
    const { namespace, room, event } = message;
    const { epoch } = core;
    const there = core.connected.get(namespace);
    if (event === CONNECT && !there) {
      if (!core.handlers.has(namespace)) throw new PublicError('bad namespace');
      const fresh = core.create(namespace);
      await fresh.fire(CONNECT, { ...message, wait: '' });
      acknowledge();
      return epoch === core.epoch && fresh.install({});
    }
    if (event === JOIN && there) await there.enter(room, {});
    else if (event === JOIN || event === LEAVE ? !there : event !== CONNECT && event !== DISCONNECT) {
      throw new PublicError(there ? 'bad event' : 'bad namespace');
    }
    acknowledge();
    if (event === LEAVE) return there?.exit(room, {});
    if (event === DISCONNECT) return there?.end({});
    return undefined;
  }

  async function handle(
    message: Incoming,
    there: Namespace | undefined,
    answer: (data: FrameData) => void,
  ): Promise<void> {
    const { wait, event, body } = message;
    const acknowledge = (): void => answer(`${wait};;;;;;`);
    // An answer has the opcode of what it answers, as in neffos; bytes are bytes in any case.
    const alike = (data: Body): Body => (typeof body === 'string' ? data : bytesOf(data));
    try {
      if (isReserved(event)) return void (wait && !message.isNoOp && (await obey(message, acknowledge)));
      if (wait && !there) throw new PublicError('bad namespace');
      const result = await there?.hear(message);
      if (!wait) return;
      if (result === undefined) return acknowledge();
      const payload = toPayload(result);
      answer(writeFrame(message, { ...payload, body: alike(payload.body) }));
    } catch (error) {
      const isPublic = error instanceof PublicError;
      if (!isPublic) core.report(error, message);
      if (wait || isPublic)
        answer(writeFrame(message, { body: alike((isPublic && error.message) || 'internal error') }, 1));
    }
  }

  return (data) => {
    if (!data.length) return; // means nothing
    const message = isNative ? undefined : readFrame(data);
    if (!message) {
      const there = core.connected.get('') ?? core.create('');
      return queue.push('', () => there.tell(NATIVE, { isNative: true, body: data }));
    }
    const { wait, namespace } = message;
    if (/^[$#]/.test(wait)) return outbox.asks.get(wait)?.answer(message);
    if (message.errorKind) return core.report(readError(message), message);
    const { epoch } = core;
    const there = core.connected.get(namespace);
    queue.push(wait, () =>
      handle(message, there, (answer) => {
        if (epoch === core.epoch) send(answer);
      }),
    );
  };
}
