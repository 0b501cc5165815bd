import type { ErrorFacts } from './message.js';
import { parseJsonText } from './parse-json.js';

/**
 * Stands for `isError` where the body is JSON: what is told of the error, and not its text alone. Readers of neffos look for
 * `1`, so they would take it for no error at all: it goes to those only that have asked for it in their hello.
 */
export const RICH_ERROR = '2';

/** What is told of an error, text included, as the body of a frame. Throws where JSON cannot hold the data. */
export function encodeRichError(text: string, { code, data }: ErrorFacts): string {
  return JSON.stringify({ text, code, data });
}

/** Reads such a body; `undefined` where it is none. A code that is no text is left out. */
export function decodeRichError(body: string): { readonly text: string; readonly facts: ErrorFacts } | undefined {
  let value: unknown;
  try {
    value = parseJsonText(body);
  } catch {
    return undefined; // the other side wrote no JSON: the body is all there is
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { text, code, data } = value as Readonly<Record<string, unknown>>; // each is looked at before it is used
  if (typeof text !== 'string') return undefined;
  return { text, facts: { code: typeof code === 'string' ? code : undefined, data } };
}
