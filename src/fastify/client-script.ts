import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyReply, FastifyRequest, RegisterOptions } from 'fastify';

/** Where a page finds the client that fits this server. */
export interface ClientScript {
  /** With the version in it: what is fetched from here may be kept for ever. */
  readonly url: string;
  /** For the attribute `integrity` of a script tag. @source https://www.w3.org/TR/sri-2/ */
  readonly integrity: string;
}

/** A year, the most that caches keep a thing. @source RFC 9111, section 5.3, by way of RFC 2616, section 14.21 */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** Kept, but asked for each time: a new version of the server may have another client. */
const ASKED_FOR = 'public, no-cache';

/**
 * Serves the client for browsers: as a module where the path ends in `.mjs`, else as a script that makes the global `nefeli`.
 * It is read once, and costs each request a copy of some kilobytes.
 */
export function serveClientScript(
  app: FastifyInstance,
  path: string,
  routeOptions: Omit<RegisterOptions, 'prefix'> = {},
): ClientScript {
  const file = path.endsWith('.mjs') ? 'nefeli/nefeli.min.mjs' : 'nefeli/nefeli.min.js';
  const script = readFileSync(createRequire(import.meta.url).resolve(file));
  const hash = createHash('sha384').update(script).digest();
  const version = hash.toString('base64url').slice(0, 16);
  const etag = `"${version}"`;
  app.get(
    path,
    routeOptions,
    (request: FastifyRequest<{ Querystring: { readonly v?: unknown } }>, reply: FastifyReply) => {
      reply.header('etag', etag).header('cache-control', request.query.v === version ? FOR_EVER : ASKED_FOR);
      reply.header('x-content-type-options', 'nosniff');
      if (knows(request.headers['if-none-match'], etag)) return reply.code(304).send();
      return reply.type('text/javascript; charset=utf-8').send(script);
    },
  );
  return { url: `${app.prefix}${path}?v=${version}`, integrity: `sha384-${hash.toString('base64')}` };
}

/** Proxies that compress mark the tag as weak. @source RFC 9110, section 13.1.2 */
function knows(header: string | undefined, etag: string): boolean {
  return header?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) ?? false;
}
