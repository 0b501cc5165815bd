import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Random } from '../ports/random.js';
import type { Server } from '../server/server.js';
import { addressOf } from './address-of.js';
import type { OriginCheck } from './origin.js';
import type { UrlHeaders } from './url-headers.js';

/** When to come back, in seconds: spread, so that those who were turned away together do not come back together. */
const RETRY_AFTER_SECONDS = { min: 1, max: 10 };

interface GuardParts {
  readonly server: Server;
  readonly origins: OriginCheck;
  readonly urlHeaders: UrlHeaders;
  readonly random: Random;
}

/** Stands before the upgrade, and before every hook of the route: what it refuses costs nothing more. */
export class UpgradeGuard {
  readonly #parts: GuardParts;
  #hasExplained = false;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** Answers an upgrade that may not go on; of one that may, takes what its URL says for headers. */
  async check(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (this.#parts.server.isClosing) return await this.#refuseForNow(reply, 503, 'server closed');
    const refusal = this.#parts.server.refusalFor(addressOf(request));
    if (refusal !== undefined) return await this.#refuseForNow(reply, refusal === 'server full' ? 503 : 429, refusal);
    if (!(await this.#isAllowed(request))) {
      this.#explainOnce(request);
      return void (await reply.code(403).send({ statusCode: 403, error: 'Forbidden', message: 'origin not allowed' }));
    }
    this.#parts.urlHeaders.apply(request);
  }

  async #isAllowed(request: FastifyRequest): Promise<boolean> {
    try {
      return await this.#parts.origins.isAllowed(request);
    } catch (err) {
      request.log.warn({ err }, 'checkOrigin failed, so the connection is refused');
      return false;
    }
  }

  async #refuseForNow(reply: FastifyReply, code: number, message: string): Promise<void> {
    const { min, max } = RETRY_AFTER_SECONDS;
    const seconds = Math.round(min + this.#parts.random.fraction() * (max - min));
    await reply.code(code).header('retry-after', String(seconds)).send({ statusCode: code, message });
  }

  /** The first refusal is most often the developer's own page on another port. */
  #explainOnce(request: FastifyRequest): void {
    const { origin, host } = request.headers;
    request.log.info({ origin, host }, 'a websocket was refused because of its origin');
    if (this.#hasExplained) return;
    this.#hasExplained = true;
    request.log.warn(
      `pages from ${origin ?? 'nowhere'} may not connect to ${host ?? 'this host'}. If they should, ` +
        `register nefeli with allowedOrigins: ['${origin ?? 'https://app.example'}']; behind a proxy set Fastify's trustProxy.`,
    );
  }
}
