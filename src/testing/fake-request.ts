import type { ConnRequest } from '../ports/conn-request.js';
import type { Logger } from '../ports/logger.js';

/** What a test says of the request that a connection begins with. */
export interface RequestParts {
  readonly given: Partial<ConnRequest>;
  readonly user: unknown;
  readonly reconnectTries: number;
  readonly log: Logger;
}

/** The number of tries in the form in which clients send it. */
const RECONNECT_HEADER = 'x-websocket-reconnect';

/**
 * A request that nobody has made. It has the data of one, with names of headers in lower case as Node gives them; what a
 * request of Fastify does, such as `getValidationFunction()`, it does not, unless the test gives it.
 */
export function fakeRequest({ given, user, reconnectTries, log }: RequestParts): ConnRequest {
  const fields: Readonly<Record<string, unknown>> = { ...given };
  const request = {
    id: 'test',
    method: 'GET',
    url: '/',
    originalUrl: '/',
    protocol: 'http',
    host: 'localhost',
    hostname: 'localhost',
    ip: '127.0.0.1',
    params: {},
    query: {},
    cookies: {},
    body: undefined,
    log,
    ...(user !== undefined && { user }),
    ...fields,
    headers: {
      host: 'localhost',
      ...(reconnectTries > 0 && { [RECONNECT_HEADER]: String(reconnectTries) }),
      ...lowerCased(fields['headers']),
    },
  };
  return request as unknown as ConnRequest; // a fake, as its description says
}

function lowerCased(headers: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}
