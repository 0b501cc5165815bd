import type { FrameData } from '../protocol/message.js';
import { callAll } from './call-all.js';
import { PublicError } from './client-errors.js';
import type { Core } from './core.js';
import type { Group } from './group.js';
import { DISCONNECT, isReserved, NATIVE } from './lifecycle.js';
import type { NamespacePart } from './namespace.js';
import { readError } from './read-message.js';
import { type Incoming, readFrame, toPayload, writeFrame } from './wire.js';

/** Gives what brings a frame to whoever waits for it: an answer at once, anything else in its turn. */
export function createInbound(
  core: Core,
  { members, create, obey: obeyed }: Group<NamespacePart>,
  isNative: boolean,
): (data: FrameData) => void {
  /** Does what the server asks by one of the four requests. What it throws refuses. */
  async function obey(message: Incoming, acknowledge: () => void): Promise<void> {
    const { namespace, room, event } = message;
    const there = members.get(namespace);
    const isKnown = there || event === DISCONNECT || core.handlers.has(namespace);
    const done = isKnown && (obeyed(namespace, message, acknowledge) ?? there?.rooms.obey(room, message, acknowledge));
    if (!done) throw new PublicError(there ? 'bad event' : 'bad namespace');
    await done;
  }

  async function handle(
    message: Incoming,
    there: NamespacePart | undefined,
    answer: (data: FrameData) => void,
  ): Promise<void> {
    const { wait, event } = message;
    const acknowledge = (): void => answer(`${wait};;;;;;`);
    try {
      if (isReserved(event)) return void (wait && !message.isNoOp && (await obey(message, acknowledge)));
      const calls = there?.callsOf(event);
      // An ask is always answered. An emit is not: two ends must not answer each other for ever.
      if (wait && !calls?.length) throw new PublicError(calls ? 'bad event' : 'bad namespace');
      const result = await callAll(core, calls ?? [], message);
      if (wait) result === undefined ? acknowledge() : answer(writeFrame(message, toPayload(result)));
    } catch (error) {
      const isPublic = error instanceof PublicError;
      if (!isPublic) core.report(error, message);
      if (wait || isPublic) answer(writeFrame(message, { body: (isPublic && error.message) || 'internal error' }, 1));
    }
  }

  return (data) => {
    if (!data.length) return; // means nothing
    const message = isNative ? undefined : readFrame(data);
    if (!message) {
      const there = members.get('') ?? create('');
      return core.push(1, () => there.tell(NATIVE, { isNative: true, body: data }));
    }
    const { wait, namespace } = message;
    if (/^[$#]/.test(wait)) return core.asks.get(wait)?.answer(message);
    if (message.errorKind) return core.report(readError(message), message);
    const { loss } = core;
    const there = members.get(namespace);
    core.push(wait ? 2 : 1, () =>
      handle(message, there, (answer) => {
        if (loss === core.loss) core.transmit(answer);
      }),
    );
  };
}
