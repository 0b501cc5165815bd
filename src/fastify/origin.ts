import type { FastifyRequest } from 'fastify';
import { isPromiseLike } from '../core/run-handler.js';
import { WsError } from '../errors.js';
import type { OriginOptions } from './options.js';
import { remembered } from './remembered.js';

/** What a browser sends as the origin of a page without one: a sandboxed frame, a file. */
const OPAQUE_ORIGIN = 'null';

/** The schemes of pages that a server can have served. */
const WEB_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

/**
 * Why an upgrade is refused: `foreign`, its page is another site's; `opaque`, its page has no origin; `hidden`, it has a
 * cookie and no origin; `malformed`, its origin is none; `unwanted`, the application's own `checkOrigin` says so.
 */
export type OriginRefusal = 'foreign' | 'opaque' | 'hidden' | 'malformed' | 'unwanted';

/**
 * Decides which upgrades come from pages that may connect. Browsers send the cookies of a site with every websocket, whoever's
 * page opens it; the origin is all that tells the pages apart.
 */
export class OriginCheck {
  readonly #options: OriginOptions;
  readonly #allowed: readonly AllowedOrigin[];

  /** @throws {OPTION_INVALID} for an entry that is no origin */
  constructor(options: OriginOptions) {
    this.#options = options;
    const { allowedOrigins = [] } = options;
    this.#allowed = allowedOrigins === '*' ? [] : allowedOrigins.map(parseAllowed);
  }

  /** Why an upgrade may not go on; `undefined` when it may. A promise only where the application's own check is one. */
  refusalOf(request: FastifyRequest): OriginRefusal | undefined | Promise<OriginRefusal | undefined> {
    const { checkOrigin } = this.#options;
    if (checkOrigin) {
      const verdict = checkOrigin(request);
      return isPromiseLike(verdict) ? Promise.resolve(verdict).then(refusalBy) : refusalBy(verdict);
    }
    if (this.#options.allowedOrigins === '*') return undefined;
    const { origin, cookie } = request.headers;
    // Not a browser. A cookie without an origin is a browser's that hides it, or somebody who pretends to be one.
    if (origin === undefined) return cookie === undefined ? undefined : 'hidden';
    const parsed = parseOrigin(origin);
    if (parsed && (this.#isOwn(parsed, request) || this.#allowed.some((allowed) => matches(allowed, parsed))))
      return undefined;
    if (origin === OPAQUE_ORIGIN || parsed?.protocol === 'file:') return 'opaque';
    return parsed ? 'foreign' : 'malformed';
  }

  #isOwn(origin: Origin, request: FastifyRequest): boolean {
    if (!WEB_SCHEMES.has(origin.protocol)) return false; // an app's own scheme says nothing of this server
    const { host } = request;
    // Browsers write both alike: then there is nothing to be read.
    if (host !== origin.host && hostOf(`${origin.protocol}//${host}`) !== origin.host) return false;
    // Without a trusted proxy the scheme that the browser has used is not known: TLS may end in front of this server.
    const isSchemeKnown = request.ips !== undefined || request.protocol === 'https';
    return !isSchemeKnown || origin.protocol === `${request.protocol}:`;
  }
}

const refusalBy = (verdict: boolean): OriginRefusal | undefined => (verdict ? undefined : 'unwanted');

/** As a browser writes them: lower case, and no port that the scheme has anyway. */
interface Origin {
  readonly protocol: string;
  readonly host: string;
}

interface AllowedOrigin extends Origin {
  /** Whether any single name may stand before `host`. */
  readonly isWildcard: boolean;
}

function parseAllowed(text: string): AllowedOrigin {
  const isWildcard = text.includes('://*.');
  const parsed = parseOrigin(text.replace('://*.', '://'));
  if (!parsed) {
    const expected = "origins like 'https://app.example' or 'https://*.app.example'";
    throw new WsError('OPTION_INVALID', { option: 'allowedOrigins', value: text, expected });
  }
  return { protocol: parsed.protocol, host: parsed.host, isWildcard };
}

function matches({ protocol, host, isWildcard }: AllowedOrigin, origin: Origin): boolean {
  if (protocol !== origin.protocol) return false;
  if (!isWildcard) return host === origin.host;
  const dot = origin.host.indexOf('.');
  return dot > 0 && origin.host.slice(dot + 1) === host;
}

/** An origin is a scheme, a host and a port, and nothing else. */
const parseOrigin = remembered((origin): Origin | undefined => {
  if (origin === OPAQUE_ORIGIN || !URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  // What a URL would add or drop was no origin: a path, a user, a second origin.
  const { protocol, host } = url;
  const text = origin.toLowerCase();
  return url.origin === text || `${protocol}//${host}` === text ? { protocol, host } : undefined;
});

/** A host as a browser would write it: lower case, without the port that the scheme has anyway. */
const hostOf = remembered((text): string | undefined => (URL.canParse(text) ? new URL(text).host : undefined));
