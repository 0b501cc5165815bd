import { WsError } from '../errors.js';
import { isRequestEvent, isReservedEvent, SystemEvent } from '../protocol/event-names.js';
import type { Body, WireMessage } from '../protocol/message.js';
import { answerError, answerNativeError, answerNativeResult, answerResult } from './answer.js';
import type { ConnContext } from './conn-context.js';
import { replyConnect } from './connect-procedures.js';
import { replyDisconnect } from './disconnect-procedures.js';
import type { EventEntry } from './event-table.js';
import { notify } from './failures.js';
import type { HandledFrame } from './handled-frame.js';
import { LiveMessage } from './live-message.js';
import type { LiveNSConn } from './live-ns-conn.js';
import { replyJoin, replyLeave } from './room-procedures.js';
import { isPromiseLike, runHandler } from './run-handler.js';

/**
 * Brings one frame to whoever handles it, and the answer back. Never throws or rejects. Stays in the frame's own turn as
 * long as the handler does.
 */
export function dispatch(context: ConnContext, frame: HandledFrame): void | Promise<void> {
  if (frame.kind === 'native') return dispatchNative(context, frame.body);
  const { message } = frame;
  if (message.isError) return void tellRemoteError(context, message);
  if (isReservedEvent(message.event)) return dispatchRequest(context, message);
  return dispatchEvent(context, message);
}

function dispatchEvent(context: ConnContext, message: WireMessage): void | Promise<void> {
  const ns = context.connected.get(message.namespace);
  if (!ns) return refuse(context, message, new WsError('NAMESPACE_NOT_CONNECTED', { namespace: message.namespace }));
  if (message.room !== '' && !ns.room(message.room)) {
    return refuse(
      context,
      message,
      new WsError('ROOM_NOT_JOINED', { namespace: message.namespace, room: message.room }),
    );
  }
  const entry = ns.table.events.get(message.event) ?? ns.table.any;
  if (!entry) return refuse(context, message, unknownEvent(message));

  const msg = new LiveMessage(context.conn, {
    namespace: message.namespace,
    room: message.room,
    event: message.event,
    name: entry === ns.table.any ? message.event : entry.name,
    body: message.body,
    mark: message.json ? 'json' : context.outbound.readsRichFrames ? 'plain' : 'none',
    isAsk: message.wait !== '',
  });
  return runAndAnswer(
    context,
    entry,
    { msg, ns },
    {
      result: (value) => answerResult(context, message, value),
      error: (error) => answerError(context, message, error),
    },
  );
}

/** Raw messages are heard once the namespace `""` is connected, and are no asks: only a `Reply` is sent back, as it is. */
function dispatchNative(context: ConnContext, body: Body): void | Promise<void> {
  const ns = context.connected.get('');
  const entry = ns?.table.native;
  if (!ns || !entry) return context.settings.metrics.count('messages.unhandled');
  const msg = new LiveMessage(context.conn, { namespace: '', event: entry.name, body, isNative: true });
  return runAndAnswer(
    context,
    entry,
    { msg, ns },
    {
      result: (value) => answerNativeResult(context, body, value),
      error: (error) => answerNativeError(context, body, error),
    },
  );
}

interface Answer {
  result(value: unknown): void;
  error(error: unknown): void;
}

function runAndAnswer(
  context: ConnContext,
  { run }: EventEntry,
  { msg, ns }: { readonly msg: LiveMessage; readonly ns: LiveNSConn },
  answer: Answer,
): void | Promise<void> {
  try {
    const result = runHandler(context, run, msg, ns);
    if (isPromiseLike(result)) return settle(result, answer);
    answer.result(result);
  } catch (error) {
    answer.error(error);
  }
}

async function settle(result: PromiseLike<unknown>, answer: Answer): Promise<void> {
  try {
    answer.result(await result);
  } catch (error) {
    answer.error(error);
  }
}

const unknownEvent = ({ namespace, event }: WireMessage): WsError => new WsError('EVENT_UNKNOWN', { namespace, event });

/** An ask is always answered. An emit is only counted: nobody waits, and two ends must not answer each other for ever. */
function refuse(context: ConnContext, message: WireMessage, error: WsError): void {
  context.settings.metrics.count('messages.unhandled');
  if (message.wait !== '') answerError(context, message, error);
}

/** The only system events a peer may send. Any other name of the protocol is forged, and no handler sees it. */
function dispatchRequest(context: ConnContext, message: WireMessage): void | Promise<void> {
  if (!isRequestEvent(message.event)) return refuse(context, message, unknownEvent(message));
  if (message.wait === '' || message.isNoOp) return context.settings.metrics.count('frames.unwanted');
  switch (message.event) {
    case SystemEvent.NamespaceConnect:
      return replyConnect(context, message);
    case SystemEvent.NamespaceDisconnect:
      return replyDisconnect(context, message);
    case SystemEvent.RoomJoin:
      return replyJoin(context, message);
    case SystemEvent.RoomLeave:
      return replyLeave(context, message);
  }
}

/** An error that no ask waits for is told to the application, and never answered. */
export function tellRemoteError(context: ConnContext, message: WireMessage): void {
  const { settings, conn } = context;
  settings.metrics.count('errors.remote');
  const { namespace, room, event } = message;
  const text = String(message.body);
  notify(
    () => settings.onRemoteError?.({ conn, namespace, room, event, text }),
    (err) => conn.log.error({ err, namespace, event }, 'onRemoteError failed'),
  );
}
