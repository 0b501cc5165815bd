import { WsError } from '../../errors.js';

/** How the servers of an application speak to each other over a broker. */
export interface WireOptions {
  /**
   * `'neffos'`: takes part in a cluster of neffos v0.0.x in Go as well. Servers of this kind go on to speak to each other as without
   * it, so that it can be switched on and off one server after the other. @default 'nefeli'
   */
  readonly wire?: 'nefeli' | 'neffos';
  /**
   * What the channels of neffos begin with: the second argument of its Redis exchange, the `SubjectPrefix` of its NATS one. Letters,
   * digits, `-`, `_` and dots between them, at most 64; neither `app` itself nor `app` and a dot to begin with. @default 'neffos'
   */
  readonly neffosPrefix?: string;
}

const PREFIX = /^[\w-]+(\.[\w-]+)*$/;
const MAX_PREFIX_LENGTH = 64;

/** @returns the prefix, when neffos is to be spoken to @throws {OPTION_INVALID} */
export function checkWire({
  app,
  wire = 'nefeli',
  neffosPrefix = 'neffos',
}: WireOptions & { app: string }): string | undefined {
  if (wire !== 'nefeli' && wire !== 'neffos') throw invalid('wire', wire, "'nefeli' or 'neffos'");
  if (wire === 'nefeli') return undefined;
  const isPrefix = PREFIX.test(String(neffosPrefix)) && neffosPrefix.length <= MAX_PREFIX_LENGTH;
  if (!isPrefix || `${neffosPrefix}.`.startsWith(`${app}.`)) {
    const expected = `letters, digits, '-', '_' and dots between them, at most ${MAX_PREFIX_LENGTH}, not beginning with app`;
    throw invalid('neffosPrefix', neffosPrefix, expected);
  }
  return neffosPrefix;
}

const invalid = (option: string, value: unknown, expected: string): WsError =>
  new WsError('OPTION_INVALID', { option: `${option} of the adapter`, value, expected });
