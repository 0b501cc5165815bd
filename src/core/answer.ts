import { NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body, WireMessage } from '../protocol/message.js';
import { toPayload } from './body.js';
import type { ConnContext } from './conn-context.js';
import { closeIfAsked, publish } from './failures.js';
import { Reply } from './reply.js';

const NO_ADDRESS = { wait: '', namespace: '', room: '', event: NATIVE_MESSAGE, isError: false, isNoOp: false };

/** Nobody loses an answer, however slow the reader: somebody waits for it. */
const ANSWER = { droppable: false } as const;

/**
 * Sends back what a handler returned: to an ask always, `undefined` as the empty acknowledgement; to a plain emit only a
 * {@link Reply}. A returned error is a thrown one.
 */
export function answerResult(context: ConnContext, message: WireMessage, result: unknown): void {
  if (result instanceof Error) return answerError(context, message, result);
  const isReply = result instanceof Reply;
  if (message.wait === '' && !isReply) return;
  if (result === undefined) return context.outbound.acknowledge(message.wait);
  try {
    const { body, binary } = toPayload(isReply ? result.body : result);
    context.outbound.send(
      { ...message, isError: false, isNoOp: false, body, binary: binary || message.binary },
      ANSWER,
    );
  } catch (error) {
    answerError(context, message, error); // the value could not be sent
  }
}

/** Sends back an error, to an emit as well: with an empty token, as neffos does. */
export function answerError(context: ConnContext, message: WireMessage, error: unknown): void {
  const text = publish(context, error, message);
  try {
    context.outbound.send({ ...message, isError: true, isNoOp: false, body: text }, ANSWER);
  } catch {
    // The text is larger than a message may be. What happened has been reported; the asker must still be told something.
    context.outbound.send({ ...message, isError: true, isNoOp: false, body: text.slice(0, 128) }, ANSWER);
  }
  closeIfAsked(context, error);
}

const NATIVE_PLACE = { namespace: '', event: NATIVE_MESSAGE };

/** Sends back what a handler of raw messages returned, as raw as it came: only a {@link Reply}, for nobody waits. */
export function answerNativeResult(context: ConnContext, received: Body, result: unknown): void {
  if (result instanceof Error) return answerNativeError(context, received, result);
  if (!(result instanceof Reply)) return;
  try {
    const { body, binary } = toPayload(result.body);
    sendRaw(context, body, binary || typeof received !== 'string');
  } catch (error) {
    answerNativeError(context, received, error); // the value could not be sent
  }
}

/** Sends back the public text of an error, raw. */
export function answerNativeError(context: ConnContext, received: Body, error: unknown): void {
  sendRaw(context, publish(context, error, NATIVE_PLACE), typeof received !== 'string');
  closeIfAsked(context, error);
}

function sendRaw(context: ConnContext, body: Body, binary: boolean): void {
  context.outbound.send({ ...NO_ADDRESS, body, binary }, ANSWER);
}
