import { RemoteError, WsError } from '../errors.js';
import type { WaitOptions } from '../ports/conn.js';
import type { WireMessage } from '../protocol/message.js';
import type { Payload } from './body.js';
import type { ConnContext } from './conn-context.js';
import { isIndependent } from './independence.js';
import type { Address } from './link.js';
import type { AskOutcome } from './pending-asks.js';

/** Nobody loses an ask, however slow the reader: somebody waits for its reply. */
const ASK = { droppable: false } as const;
const NO_BODY: Payload = { body: '', binary: false };

/**
 * Sends something that the other side must answer. The outcome is told in the turn of the frame that brings it; an error
 * reply is told as a {@link RemoteError}.
 *
 * @throws {CONN_CLOSED} {TOO_MANY_ASKS} {ASK_ABORTED} {ASK_UNANSWERABLE} {MESSAGE_TOO_LARGE} when it cannot be asked at all
 */
export function sendAsk(
  context: ConnContext,
  message: Address & { readonly event: string; readonly payload?: Payload },
  outcome: AskOutcome,
  options?: WaitOptions,
): void {
  if (context.ended) throw new WsError('CONN_CLOSED', context.ended);
  const { namespace, room, event, payload = NO_BODY } = message;
  const { body, binary, json } = payload;
  const { wire } = context.settings;
  if (!wire.hasProcedures) throw new WsError('ASK_UNANSWERABLE', { event, wire: wire.name });
  const resolve = (reply: WireMessage): void => {
    if (reply.isError) outcome.reject(new RemoteError(String(reply.body), reply.facts));
    else outcome.resolve(reply);
  };
  const wait = context.asks.open(event, { resolve, reject: outcome.reject }, options);
  try {
    context.outbound.send({ wait, namespace, room, event, isError: false, isNoOp: false, body, binary, json }, ASK);
  } catch (error) {
    context.asks.forget(wait);
    throw error;
  }
}

/**
 * Asks for one of the four requests of the protocol, and runs `commit` in the turn of the acknowledgement; at once where the
 * other side knows of no such requests.
 */
export function request(
  context: ConnContext,
  message: Address & { readonly event: string },
  commit: () => Promise<void>,
  options?: WaitOptions,
): Promise<void> {
  if (!context.settings.wire.hasProcedures) return commit();
  return new Promise((resolve, reject) => {
    const acknowledged = (): void => {
      // While what was asked for takes effect here, what the other side sends after its acknowledgement waits.
      const release = context.queue.hold(message.namespace, (asked) => isIndependent(context, message, asked));
      commit().finally(release).then(resolve, reject);
    };
    sendAsk(context, message, { resolve: acknowledged, reject }, options);
  });
}
