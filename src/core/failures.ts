import { CloseError, PublicError, WsError } from '../errors.js';
import { CloseCode, isSendableCloseCode } from '../protocol/close-codes.js';
import type { ConnContext } from './conn-context.js';

/** What an error text of no characters is sent as, so that it stays an error: neffos reads an empty one as success. */
const NAMELESS_ERROR = 'error';

/** Where something failed. */
interface Place {
  readonly namespace: string;
  readonly event: string;
}

/**
 * What the other side is told of an error: the text of a {@link PublicError}, the literal of a built-in one, and
 * `internal error <id>` for anything else, which is reported here in full under the same id.
 */
export function publish(context: ConnContext, error: unknown, place: Place): string {
  if (error instanceof PublicError) return error.message || NAMELESS_ERROR;
  if (error instanceof WsError && error.wireText !== undefined) {
    context.conn.log.debug({ err: error, ...place }, 'a handler ended with a known error');
    return error.wireText;
  }
  return `internal error ${report(context, error, place)}`;
}

/** Reports an error that nobody is told of, and gives the id it is reported under. */
export function report(context: ConnContext, error: unknown, place: Place): string {
  const { settings, conn } = context;
  const id = settings.random.token();
  settings.metrics.count('errors.handler');
  try {
    if (settings.onError) settings.onError(error, { conn, ...place, id });
    else conn.log.error({ err: error, conn: conn.id, ...place, id }, 'a handler failed');
  } catch (err) {
    conn.log.error({ err, cause: error, id }, 'onError failed while it reported an error');
  }
  return id;
}

/** Closes the connection where the error asks for it. */
export function closeIfAsked(context: ConnContext, error: unknown): void {
  if (!(error instanceof CloseError)) return;
  const { closeCode, message } = error;
  context.close(isSendableCloseCode(closeCode) ? closeCode : CloseCode.InternalError, message);
}
