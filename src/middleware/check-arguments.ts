import { WsError } from '../errors.js';

/** What one option must be. */
export interface Rule {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

/** One rule for each option there is. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule };

/** 24.8 days, the longest that a timer of Node runs. @source Node's documentation of `setTimeout` */
const MAX_TIMER_MS = 2 ** 31 - 1;

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const hasMethods = (value: unknown, names: readonly string[]): boolean =>
  isObject(value) && names.every((name) => typeof Reflect.get(value, name) === 'function');

/** A number over 0 that is not endless. */
export const aRate: Rule = {
  expected: 'a number above 0',
  fits: (value) => typeof value === 'number' && value > 0 && value < Number.POSITIVE_INFINITY,
};

/** A number of milliseconds that a timer can wait. */
export const aTime: Rule = {
  expected: `a number of milliseconds above 0, and ${MAX_TIMER_MS} at most`,
  fits: (value) => typeof value === 'number' && value > 0 && value <= MAX_TIMER_MS,
};

/** A function, whatever its parameters. */
export const aFunction: Rule = { expected: 'a function', fits: (value) => typeof value === 'function' };

/** An object with these methods. */
export function having(what: string, ...methods: readonly string[]): Rule {
  return {
    expected: `${what}, with the methods ${methods.join(', ')}`,
    fits: (value) => hasMethods(value, methods),
  };
}

/** What the rule says, or nothing at all. */
export const optional = (rule: Rule): Rule => ({ ...rule, fits: (value) => value === undefined || rule.fits(value) });

/** @throws {OPTION_INVALID} when a value is not what it must be */
export function checkArgument(option: string, value: unknown, { expected, fits }: Rule): void {
  if (!fits(value)) throw new WsError('OPTION_INVALID', { option, value, expected });
}

/**
 * Refuses options of the function `of` that nobody knows, and values that could not work.
 *
 * @throws {OPTION_INVALID}
 */
export function checkArguments<Options extends object>(of: string, options: Options, rules: Rules<Options>): void {
  checkArgument(`options of ${of}()`, options, { expected: 'an object', fits: isObject });
  const known = Object.keys(rules);
  const expected = `left out, or one of those there are: ${known.join(', ')}`;
  for (const [name, value] of Object.entries(options)) {
    checkArgument(`${name} of ${of}()`, value, { expected, fits: () => known.includes(name) });
  }
  for (const [name, rule] of Object.entries<Rule>(rules)) {
    checkArgument(`${name} of ${of}()`, Reflect.get(options, name), rule);
  }
}
