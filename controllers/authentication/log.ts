import type { FastifyRequest, FastifyServerOptions } from 'fastify';

/** Where services and controllers write what happens: a token, and the part of Fastify's logger that they use. */
export abstract class Log {
  abstract info(details: object, message: string): void;
}

/** Where lines go. */
export interface LogStream {
  write(line: string): void;
}

/** How a request is logged without its query. */
export const WITHOUT_QUERY = {
  req: ({ method, url, ip }: FastifyRequest) => ({ method, url: url.replace(/\?.*/, ''), remoteAddress: ip }),
};

/**
 * Logs requests without their queries: a token that stands in one would let in whoever reads the log.
 *
 * @param stream the console, unless another is given
 */
export function logWithoutTokens(stream?: LogStream): FastifyServerOptions['logger'] {
  return {
    serializers: WITHOUT_QUERY,
    ...(stream && { stream }),
  };
}
