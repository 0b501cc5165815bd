import { WsError } from '../errors.js';
import type { Concurrency, NamespaceBehaviour } from '../ports/namespace-options.js';
import { MAX_DELAY_MS } from './web-platform.js';

/** What somebody says of a namespace, and who that is. */
export interface SaidOfNamespace {
  /** For messages: `ChatController`, or `namespaceOptions["chat"]`. */
  readonly owner: string;
  readonly behaviour?: NamespaceBehaviour | undefined;
}

/** Whether a value says how many messages are handled at a time. */
export const isConcurrency = (value: unknown): value is Concurrency =>
  value === 'serial' || value === 'parallel' || (Number.isSafeInteger(value) && Number(value) >= 1);

/** What {@link isConcurrency} takes, for messages. */
export const EXPECTED_CONCURRENCY = "'serial', 'parallel', or a whole number above 0";

/** Whether a value is a time that a timer can run. */
export const isDuration = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && value <= MAX_DELAY_MS;

/** What {@link isDuration} takes, for messages. */
export const EXPECTED_DURATION: string = `a number of milliseconds above 0, and ${MAX_DELAY_MS} at most`;

const FIELDS: Readonly<Record<keyof NamespaceBehaviour, { fits(value: unknown): boolean; expected: string }>> = {
  concurrency: { fits: isConcurrency, expected: EXPECTED_CONCURRENCY },
  readTimeoutMs: { fits: isDuration, expected: EXPECTED_DURATION },
  writeTimeoutMs: { fits: isDuration, expected: EXPECTED_DURATION },
  handlerTimeoutMs: { fits: isDuration, expected: EXPECTED_DURATION },
};

/** The names of all that can be said. */
export const BEHAVIOUR_FIELDS = Object.keys(FIELDS) as readonly (keyof NamespaceBehaviour)[]; // the keys are the names

/**
 * Puts together what all say who serve a namespace: what one leaves out is as the others say.
 *
 * @throws {OPTION_INVALID}
 * @throws {NAMESPACE_CONFLICT} where two say different things
 */
export function agreedBehaviour(namespace: string, all: readonly SaidOfNamespace[]): NamespaceBehaviour {
  const agreed = BEHAVIOUR_FIELDS.map((field) => [field, agreedValue(namespace, field, all)]);
  return Object.fromEntries(agreed.filter(([, value]) => value !== undefined));
}

function agreedValue(namespace: string, field: keyof NamespaceBehaviour, all: readonly SaidOfNamespace[]): unknown {
  let first: SaidOfNamespace | undefined;
  for (const said of all) {
    const value = said.behaviour?.[field];
    if (value === undefined) continue;
    const { fits, expected } = FIELDS[field];
    if (!fits(value)) throw new WsError('OPTION_INVALID', { option: `${field} of ${said.owner}`, value, expected });
    first ??= said;
    const firstValue = first.behaviour?.[field];
    if (firstValue === value) continue;
    const conflict = { first: first.owner, firstValue, second: said.owner, secondValue: value };
    throw new WsError('NAMESPACE_CONFLICT', { namespace, option: field, ...conflict });
  }
  return first?.behaviour?.[field];
}
