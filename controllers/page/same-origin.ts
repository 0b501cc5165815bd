import type { FastifyReply, FastifyRequest } from 'fastify';

const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * A hook that answers 403 to requests by which another site's page would change something here in its visitor's name. Browsers
 * tell where such a request comes from; a program that is none has no page to speak for. Websockets are checked by `nefeli`.
 */
export async function sameOrigin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { origin } = request.headers;
  if (SAFE.has(request.method) || origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === request.host) return;
  await reply
    .code(403)
    .send({ statusCode: 403, error: 'Forbidden', message: 'This comes from a page of another site.' });
}
