import type { FastifyRequest } from 'fastify';
import { WsError } from '../errors.js';

/** The start of the query parameters that neffos.js sends in place of headers. */
const PARAMETER_PREFIX = 'x-websocket-header-';

/** How often a client has tried before it came back. */
export const RECONNECT_HEADER = 'x-websocket-reconnect';

/** More and longer ones are ignored. @source what neffos.js sends: one for each header the page has set, short texts */
const MAX_PARAMETERS = 16;
const MAX_VALUE_BYTES = 1_024;

/** Headers that decide who somebody is, or where a request comes from: never from a URL, which other pages can write. */
const FORBIDDEN =
  /^(?:cookie|authorization|proxy-authorization|origin|host|forwarded|x-forwarded-.*|x-real-ip|sec-.*|connection|upgrade)$/;

/** A header's value is visible text. @source RFC 9110, section 5.5 */
const VALUE = /^[\x20-\x7e\x80-\u{10ffff}]*$/u;

/** Takes query parameters for headers, where the application allows it. */
export class UrlHeaders {
  readonly #allowed: ReadonlySet<string>;

  /** @throws {OPTION_INVALID} for a header that must not come from a URL */
  constructor(names: readonly string[]) {
    for (const name of names) {
      if (!FORBIDDEN.test(name.toLowerCase())) continue;
      const expected = 'headers that say nothing of who a request comes from';
      throw new WsError('OPTION_INVALID', { option: 'urlHeaders', value: name, expected });
    }
    this.#allowed = new Set([RECONNECT_HEADER, ...names.map((name) => name.toLowerCase())]);
  }

  /** Adds the allowed ones to the headers of the request. What is there already stays as it is. */
  apply(request: FastifyRequest): void {
    const query = request.query;
    if (typeof query !== 'object' || query === null) return;
    const { headers } = request.raw;
    let count = 0;
    for (const [parameter, value] of Object.entries(query)) {
      const key = parameter.toLowerCase();
      if (!key.startsWith(PARAMETER_PREFIX) || ++count > MAX_PARAMETERS) continue;
      const name = key.slice(PARAMETER_PREFIX.length);
      if (!this.#allowed.has(name) || headers[name] !== undefined) continue;
      if (typeof value === 'string' && Buffer.byteLength(value) <= MAX_VALUE_BYTES && VALUE.test(value))
        headers[name] = value;
    }
  }
}

/** The number of tries that a client says it has made; 0 for what is no number. */
export function reconnectTriesOf(request: FastifyRequest): number {
  const header = request.headers[RECONNECT_HEADER];
  const tries = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0;
  return tries;
}
