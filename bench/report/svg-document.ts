/** What a picture is made with, besides what it shows. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** CSS of its own. */
  readonly style: string;
}

/** Colours are the reader's: a picture follows a light or dark page. */
const STYLE = `
  svg { font: 12px system-ui, sans-serif; }
  text { fill: #1f2328; }
  .title { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
  }`;

/** A whole SVG, which stands by itself. */
export function svgDocument({ width, height, label, style }: Picture, parts: readonly string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" aria-label="${escapeXml(label)}">`,
    `<style>${STYLE}${style}\n</style>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}

/** A length with one digit behind the point: more cannot be seen. */
export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Text as it stands in an element or in an attribute with double quotes. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
