import { z } from 'zod';

/** Controls, line ends and direction marks, by which one text could look like another. */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** What somebody wants to publish. Every issue is a sentence for whoever filled in the form. */
export const Draft = z.object(
  { title: lineOf('A headline', 120), author: lineOf('A name', 24) },
  'Send JSON with a title and an author.',
);
export type Draft = z.infer<typeof Draft>;

function lineOf(what: string, maxLength: number) {
  const rule = `${what} has 1 to ${maxLength} visible characters.`;
  // Characters as people count them, not the halves that some of them are stored in.
  const isLine = (text: string): boolean =>
    [...text].length <= maxLength && VISIBLE.test(text) && !MISLEADING.test(text);
  return z.string(rule).trim().refine(isLine, rule);
}
