const BEGIN = '<!-- measured: begin -->';
const END = '<!-- measured: end -->';

/**
 * Puts text between the markers of a page, instead of what was there.
 *
 * @throws an Error when the page has no markers
 */
export function replaceMeasured(page: string, text: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page must have the lines ${BEGIN} and ${END}, in this order`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${text}\n\n${page.slice(end)}`;
}
