import { Reply } from '../ports/reply.js';
import { NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body, ErrorFacts, WireMessage } from '../protocol/message.js';
import { toJson, toPayload } from './body.js';
import type { ConnContext } from './conn-context.js';
import { closeIfAsked, publish } from './failures.js';

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
    const { wait, namespace, room, event } = message;
    const { body, binary: isBytes, json } = toPayload(isReply ? result.body : result);
    const binary = isBytes || message.binary;
    // Field by field: V8 makes a new hidden class for every copy with one field more. With a copy an ask took 0.46 of plain ws, and
    // not 0.17 (`npm run bench -- echo-ask-16-64`, Node 20.20, November 2026).
    context.outbound.send({ wait, namespace, room, event, isError: false, isNoOp: false, body, binary, json }, ANSWER);
  } catch (error) {
    answerError(context, message, error); // the value could not be sent
  }
}

/** Sends back an error, to an emit as well: with an empty token, as neffos does. */
export function answerError(context: ConnContext, message: WireMessage, error: unknown): void {
  if (!context.settings.wire.tellsErrors) return keepError(context, error, message);
  const { text, facts } = publish(context, error, message);
  const answer = { ...message, isError: true, isNoOp: false };
  if (!context.outbound.readsRichFrames || !sendFacts(context, { ...answer, body: text }, facts)) {
    sendText(context, answer, text);
  }
  closeIfAsked(context, error);
}

/** The other side cannot be told: the log is, also of what was meant for it. */
function keepError(
  context: ConnContext,
  error: unknown,
  { namespace, event }: Pick<WireMessage, 'namespace' | 'event'>,
): void {
  const { text } = publish(context, error, { namespace, event });
  context.conn.log.debug({ conn: context.conn.id, namespace, event, text }, 'an error was told to nobody');
  closeIfAsked(context, error);
}

/** Whether an error could be sent with all that is told of it. What is larger than a message may be cannot. */
function sendFacts(context: ConnContext, message: WireMessage, facts: ErrorFacts): boolean {
  try {
    context.outbound.send({ ...message, facts: writable(context, message, facts) }, ANSWER);
    return true;
  } catch {
    return false; // its text is told instead
  }
}

/** What JSON cannot hold stays here, and whoever made it reads so in the log. */
function writable({ conn }: ConnContext, { namespace, event }: WireMessage, facts: ErrorFacts): ErrorFacts {
  if (facts.data === undefined) return facts;
  try {
    toJson(facts.data);
    return facts;
  } catch (err) {
    conn.log.warn(
      { err, namespace, event, code: facts.code },
      'the data of an error cannot be written as JSON, and was left out',
    );
    return { ...facts, data: undefined };
  }
}

/**
 * Of an error text that is larger than a message may be, how many characters are sent: our choice. About the length of
 * a close reason (123 bytes), the other place where an error has to be told in a line.
 */
const MAX_CUT_TEXT = 128;

/** The text of an error is told in any case: where it is too large its beginning, however little a message may hold. */
function sendText(context: ConnContext, message: Omit<WireMessage, 'body'>, text: string): void {
  const { outbound, settings } = context;
  try {
    outbound.send({ ...message, body: text }, ANSWER);
  } catch {
    outbound.sendData(settings.wire.encode({ ...message, body: text.slice(0, MAX_CUT_TEXT) }));
  }
}

const NATIVE_PLACE = { namespace: '', event: NATIVE_MESSAGE };

/** Sends back what a handler of raw messages returned, as raw as it came: only a {@link Reply}, for nobody waits. */
export function answerNativeResult(context: ConnContext, received: Body, result: unknown): void {
  if (result instanceof Error) return answerNativeError(context, received, result);
  if (!(result instanceof Reply)) return;
  try {
    const { body, binary } = toPayload(result.body);
    context.outbound.send({ ...NO_ADDRESS, body, binary: binary || typeof received !== 'string' }, ANSWER);
  } catch (error) {
    answerNativeError(context, received, error); // the value could not be sent
  }
}

/** Sends back the public text of an error, raw. */
export function answerNativeError(context: ConnContext, received: Body, error: unknown): void {
  if (!context.settings.wire.tellsErrors) return keepError(context, error, NATIVE_PLACE);
  const { text } = publish(context, error, NATIVE_PLACE);
  sendText(context, { ...NO_ADDRESS, binary: typeof received !== 'string' }, text);
  closeIfAsked(context, error);
}
