import type { FastifyReply, FastifyRequest } from 'fastify';
import { isPromiseLike } from '../core/run-handler.js';
import type { Random } from '../ports/random.js';
import type { Server } from '../server/server.js';
import { addressOf } from './address-of.js';
import type { NefeliOptions } from './options.js';
import type { OriginCheck, OriginRefusal } from './origin.js';
import { retryAfter } from './retry-after.js';
import type { UpgradeRefusal } from './upgrade-refusal.js';
import type { UrlHeaders } from './url-headers.js';

/** @source RFC 9113, section 8.2.2: from here on there are no headers of a connection */
const HTTP_2 = 2;

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
  readonly onRefused: NefeliOptions['onUpgradeRefused'];
}

/** The names of the statuses that have one in the body of Fastify's own answers. */
const STATUS_TEXT: Partial<Record<UpgradeRefusal['status'], string>> = { 403: 'Forbidden', 426: 'Upgrade Required' };

function refuseFailed(err: unknown, request: FastifyRequest): OriginRefusal {
  request.log.warn({ err }, 'checkOrigin failed, so the connection is refused');
  return 'unwanted';
}

/** Stands before the upgrade, and before every hook of the route: what it refuses costs nothing more. */
export class UpgradeGuard {
  readonly #parts: GuardParts;
  readonly #explained = new Set<OriginRefusal>();

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /**
   * Answers an upgrade that may not go on; of one that may, takes what its URL says for headers. A promise only where that takes
   * time.
   */
  check(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    const busy = this.#busyFor(request);
    if (busy !== undefined) {
      const status = busy === 'too many connections from your address' ? 429 : 503;
      reply.header('retry-after', retryAfter(this.#parts.random));
      return this.refuse({ status, reason: busy }, request, reply);
    }
    const originRefusal = this.#originRefusalOf(request);
    if (isPromiseLike(originRefusal)) return originRefusal.then((found) => this.#judge(found, request, reply));
    return this.#judge(originRefusal, request, reply);
  }

  #busyFor(request: FastifyRequest): string | undefined {
    const { server } = this.#parts;
    if (server.isClosing) return 'server closed';
    return server.refusalFor(server.countsByAddress ? addressOf(request) : '');
  }

  #judge(refusal: OriginRefusal | undefined, request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined {
    if (refusal === undefined) {
      this.#parts.urlHeaders.apply(request);
      return undefined;
    }
    this.#explainOnce(refusal, request);
    return this.refuse({ status: 403, reason: 'origin not allowed' }, request, reply);
  }

  /** Answers what is no upgrade. */
  refuseHttp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    // HTTP/2 forbids the header, and Node throws where nobody catches it: any GET would end the process.
    if (request.raw.httpVersionMajor < HTTP_2) reply.header('upgrade', 'websocket');
    return this.refuse({ status: 426, reason: 'this is a websocket: connect with ws:// or wss://' }, request, reply);
  }

  /** Answers what is refused, in the words of the application where it has any. */
  async refuse(refusal: UpgradeRefusal, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { status, reason } = refusal;
    reply.code(status);
    let body: unknown;
    try {
      body = await this.#parts.onRefused?.(refusal, request, reply);
    } catch (err) {
      request.log.error({ err }, 'onUpgradeRefused failed');
      reply.code(status);
    }
    if (reply.sent) return; // the application has sent it by itself
    const error = STATUS_TEXT[status];
    await reply.send(body ?? { statusCode: status, ...(error !== undefined && { error }), message: reason });
  }

  #originRefusalOf(request: FastifyRequest): ReturnType<OriginCheck['refusalOf']> {
    try {
      const refusal = this.#parts.origins.refusalOf(request);
      if (!isPromiseLike(refusal)) return refusal;
      return refusal.catch((err: unknown) => refuseFailed(err, request));
    } catch (err) {
      return refuseFailed(err, request);
    }
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
