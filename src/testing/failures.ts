import type { ErrorInfo } from '../core/settings.js';
import { PublicError, WsError } from '../errors.js';
import { SystemEvent } from '../protocol/event-names.js';

/** A handler that has failed with an error that is no public one: what `onError` would hear. */
export interface HandlerFailure extends ErrorInfo {
  readonly error: unknown;
}

/** Who refuses these is in the right; only that a connection ends cannot be refused, which is then reported. */
const LEAVING: ReadonlySet<string> = new Set([SystemEvent.RoomLeave, SystemEvent.NamespaceDisconnect]);

/** The failures of a test, until the test has taken them. */
export class Failures {
  #list: HandlerFailure[] = [];
  /** Whether handlers that do not end are cut off by the test's own end. */
  isEnding = false;

  get all(): readonly HandlerFailure[] {
    return [...this.#list];
  }

  readonly add = (error: unknown, info: ErrorInfo): void => {
    const isCutOff = this.isEnding && error instanceof WsError && error.code === 'HANDLER_TIMEOUT';
    const isRefusal = error instanceof PublicError && LEAVING.has(info.event);
    if (!isCutOff && !isRefusal) this.#list.push({ ...info, error });
  };

  take(): HandlerFailure[] {
    const taken = this.#list;
    this.#list = [];
    return taken;
  }

  /** @throws {FAILURES_NOT_TAKEN} with the errors as its cause */
  mustBeTaken(): void {
    const left = this.take();
    const [first] = left;
    if (!first) return;
    const errors = left.map(({ error }) => error);
    const cause = left.length === 1 ? first.error : new AggregateError(errors, 'several handlers have failed');
    throw new WsError('FAILURES_NOT_TAKEN', { failures: left.map(describe) }, { cause });
  }
}

const describe = ({ event, namespace, error }: HandlerFailure): string =>
  `${JSON.stringify(event)} in ${JSON.stringify(namespace)}: ${String(error)}`;
