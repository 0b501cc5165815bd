import { CloseError, PublicError, WsError } from '../errors.js';
import { CloseCode, isSendableCloseCode } from '../protocol/close-codes.js';
import type { ErrorFacts } from '../protocol/message.js';
import type { ConnContext } from './conn-context.js';

/** Where something failed. */
interface Place {
  readonly namespace: string;
  readonly event: string;
}

/** What may be told of an error: the text to everybody, the facts to those who read them. */
export interface Published {
  readonly text: string;
  readonly facts: ErrorFacts;
}

/** The code of what is nobody else's business. */
const INTERNAL = 'INTERNAL';

/**
 * What the other side is told of an error: the text of a {@link PublicError} with its code and data, the literal of a
 * built-in one with its code, and `internal error <id>` for anything else, which is reported here in full under the same id.
 */
export function publish(context: ConnContext, error: unknown, place: Place): Published {
  if (error instanceof PublicError) return { text: error.wireText, facts: { code: error.code, data: error.data } };
  if (error instanceof WsError && error.wireText !== undefined) {
    // The other side may know of it, but it is this side's handler that has to be mended.
    if (error.code === 'HANDLER_TIMEOUT') report(context, error, place);
    else
      context.conn.log.debug(
        { err: error, namespace: place.namespace, event: place.event },
        'a handler ended with a known error',
      );
    return { text: error.wireText, facts: { code: error.code, data: undefined } };
  }
  const id = report(context, error, place);
  return { text: `internal error ${id}`, facts: { code: INTERNAL, data: { id } } };
}

/** Reports an error that nobody is told of, and gives the id it is reported under. */
export function report(context: ConnContext, error: unknown, { namespace, event }: Place): string {
  const { settings, conn } = context;
  const place = { namespace, event }; // who gives it may know more, bodies and tokens, which no log is to hold
  const id = settings.random.token();
  settings.metrics.count('errors.handler');
  const { onError } = settings;
  if (onError) {
    const failed = (err: unknown): void =>
      conn.log.error({ err, cause: error, id }, 'onError failed while it reported an error');
    notify(() => onError(error, { conn, ...place, id }), failed);
  } else {
    conn.log.error({ err: error, ...place, id }, 'a handler failed');
  }
  return id;
}

/** Calls a hook that nobody waits for. What it throws, now or later, has nowhere else to go but to `failed`. */
export function notify(hook: () => unknown, failed: (error: unknown) => void): void {
  try {
    Promise.resolve(hook()).catch(failed);
  } catch (error) {
    failed(error);
  }
}

/** Closes the connection where the error asks for it. */
export function closeIfAsked(context: ConnContext, error: unknown): void {
  if (error instanceof CloseError) context.close(closeCodeOf(error), error.message);
}

/** The code that refuses a connection because of this error, or that the error itself asks for. */
export function closeCodeOf(error: unknown): number {
  if (error instanceof CloseError && isSendableCloseCode(error.closeCode)) return error.closeCode;
  return error instanceof PublicError && !(error instanceof CloseError) ? CloseCode.Policy : CloseCode.InternalError;
}
