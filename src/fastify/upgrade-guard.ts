import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Random } from '../ports/random.js';
import type { Server } from '../server/server.js';
import { addressOf } from './address-of.js';
import type { OriginCheck, OriginRefusal } from './origin.js';
import type { UrlHeaders } from './url-headers.js';

/** When to come back, in seconds: spread, so that those who were turned away together do not come back together. */
const RETRY_AFTER_SECONDS = { min: 1, max: 10 };

/** What a refusal means, and what to do if it is not meant so. Who has written `checkOrigin` knows why it refuses. */
const EXPLANATIONS: Partial<Record<OriginRefusal, (origin: string, host: string) => string>> = {
  foreign: (origin, host) =>
    `pages from ${origin} may not connect to ${host}. If they should, register nefeli with ` +
    `allowedOrigins: ['${origin}']; behind a proxy set Fastify's trustProxy.`,
  opaque: (origin, host) =>
    `a page whose origin is ${origin} may not connect to ${host}: sandboxed frames and files have no origin of their own, ` +
    'so allowedOrigins cannot tell them apart. If they should connect, decide by something else in the option checkOrigin.',
  hidden: () =>
    'a request with a cookie must carry an Origin, as those of browsers do. ' +
    'Let the client send one, or leave its cookie out.',
  malformed: (origin) =>
    `${JSON.stringify(origin)} is no origin: it is a scheme, a host and a port, as in https://app.example:8443. ` +
    'Correct the Origin that the client sends.',
};

interface GuardParts {
  readonly server: Server;
  readonly origins: OriginCheck;
  readonly urlHeaders: UrlHeaders;
  readonly random: Random;
}

/** Stands before the upgrade, and before every hook of the route: what it refuses costs nothing more. */
export class UpgradeGuard {
  readonly #parts: GuardParts;
  readonly #explained = new Set<OriginRefusal>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Answers an upgrade that may not go on; of one that may, takes what its URL says for headers. */
  async check(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.#parts.server.isClosing) return await this.#refuseForNow(reply, 503, 'server closed');
    const refusal = this.#parts.server.refusalFor(addressOf(request));
    if (refusal !== undefined) return await this.#refuseForNow(reply, refusal === 'server full' ? 503 : 429, refusal);
    const originRefusal = await this.#originRefusalOf(request);
    if (originRefusal !== undefined) {
      this.#explainOnce(originRefusal, request);
      return void (await reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: 'origin not allowed' }));
    }
    this.#parts.urlHeaders.apply(request);
  }

  async #originRefusalOf(request: FastifyRequest): Promise<OriginRefusal | undefined> {
    try {
      return await this.#parts.origins.refusalOf(request);
    } catch (err) {
      request.log.warn({ err }, 'checkOrigin failed, so the connection is refused');
      return 'unwanted';
    }
  }

  async #refuseForNow(reply: FastifyReply, code: number, message: string): Promise<void> {
    const { min, max } = RETRY_AFTER_SECONDS;
    const seconds = Math.round(min + this.#parts.random.fraction() * (max - min));
    await reply.code(code).header('retry-after', String(seconds)).send({ statusCode: code, message });
  }

  /** The first refusal of a kind is most often the developer's own page. */
  #explainOnce(refusal: OriginRefusal, request: FastifyRequest): void {
    const { origin, host } = request.headers;
    request.log.info({ origin, host, refusal }, 'a websocket was refused because of its origin');
    if (this.#explained.has(refusal)) return;
    this.#explained.add(refusal);
    const explanation = EXPLANATIONS[refusal]?.(origin ?? '', host ?? 'this host');
    if (explanation !== undefined) request.log.warn(explanation);
  }
}
