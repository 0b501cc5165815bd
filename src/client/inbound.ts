import { decodeFrame, encodeAcknowledgement } from '../protocol/codec.js';
import { isRequestEvent, isReservedEvent, SystemEvent } from '../protocol/event-names.js';
import type { Body, FrameData, WireMessage } from '../protocol/message.js';
import { isReplyToken } from '../protocol/wait-token.js';
import { PublicError, RemoteError, WsError } from './client-errors.js';
import { DialledNSConn } from './dialled-ns-conn.js';
import { toPayload } from './payload.js';
import { obey } from './procedures.js';
import { readMessage } from './read-message.js';
import { frameOf, type Session } from './session.js';

const NONE = Number.POSITIVE_INFINITY;

/** A client trusts the server it has chosen with the length of names. */
const READING = {
  maxWaitBytes: NONE,
  maxNamespaceBytes: NONE,
  maxRoomBytes: NONE,
  maxEventBytes: NONE,
  allowNative: true,
  richFrames: true,
};

/** Brings a frame to whoever waits for it: an answer at once, anything else in its turn. */
export function receive(session: Session, data: FrameData): void {
  if (session.options.native) return receiveNative(session, data);
  const frame = decodeFrame(data, READING);
  if (frame.kind === 'native') return receiveNative(session, frame.body);
  if (frame.kind !== 'message') return;
  const { message } = frame;
  const { wait, isError, namespace } = message;
  if (isReplyToken(wait, 'client')) return session.asks.answer(wait, message);
  if (isError) return session.report(new RemoteError(String(message.body), message.facts), message);
  const { epoch } = session;
  const ns = session.namespaces.get(namespace);
  const send = (answer: FrameData): void => {
    if (epoch === session.epoch) session.link.send(answer);
  };
  session.queue.push(wait, () => handle(session, message, ns, send));
}

function receiveNative(session: Session, body: Body): void {
  const event = SystemEvent.NativeMessage;
  const ns = session.namespaces.get('') ?? new DialledNSConn(session.conn, '');
  session.queue.push('', async () => {
    const handler = session.handlers.get('')?.get(event);
    try {
      if (handler) await session.call(handler, readMessage({ event, body }, { isNative: true }), ns);
    } catch (error) {
      session.report(error, { namespace: '', event });
    }
  });
}

async function handle(
  session: Session,
  message: WireMessage,
  ns: DialledNSConn | undefined,
  send: (answer: FrameData) => void,
): Promise<void> {
  const { wait, event, binary } = message;
  let isAnswered = !wait;
  const acknowledge = (): void => {
    if (!isAnswered) send(encodeAcknowledgement(wait));
    isAnswered = true;
  };
  try {
    if (isReservedEvent(event)) {
      if (!wait || message.isNoOp) return;
      if (!isRequestEvent(event)) throw new PublicError('bad event');
      return await obey(session, message, acknowledge);
    }
    const result = await hear(session, message, ns);
    if (result === undefined) return acknowledge();
    if (!wait) return;
    const payload = toPayload(result);
    send(frameOf(message, { ...payload, binary: binary || payload.binary }));
  } catch (error) {
    const isPublic = error instanceof PublicError;
    if (!isPublic) session.report(error, message);
    const isLate = error instanceof WsError && error.code === 'HANDLER_TIMEOUT';
    const text = isPublic ? error.message || 'error' : isLate ? 'handler timeout' : 'internal error';
    if (wait || isPublic) send(frameOf(message, { body: text, binary }, true));
  }
}

/** Calls whoever hears an event, one after the other. What the first of them returns is the answer. */
async function hear(session: Session, message: WireMessage, ns: DialledNSConn | undefined): Promise<unknown> {
  const handlers = session.handlers.get(message.namespace);
  if (!ns || ns.isGone) return refuse(message, 'bad namespace');
  const own = handlers?.get(message.event);
  const listeners = [...(own ? [own] : []), ...ns.listenersOf(message.event)];
  const any = handlers?.get(SystemEvent.AnyEvent);
  if (!listeners.length && any) listeners.push(any);
  if (!listeners.length) return refuse(message, 'bad event');
  const msg = readMessage(message);
  let answer: unknown;
  for (const listener of listeners) {
    const result = await session.call(listener, msg, ns);
    if (answer === undefined) answer = result;
  }
  return answer;
}

/** An ask is always answered. An emit is not: two ends must not answer each other for ever. */
function refuse({ wait }: WireMessage, text: string): void {
  if (wait) throw new PublicError(text);
}
