import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { portOf } from '../support/port-of.js';

/** Where the examples have their websocket. */
export const ENDPOINT = '/websocket_endpoint';

/** An example that listens. */
export interface ServedExample {
  readonly app: FastifyInstance;
  /** Of the page, without a slash at the end. */
  readonly page: string;
  /** Of the websocket. */
  readonly url: string;
}

/** Lets an example listen on a port of its own, until the test has finished. */
export async function serveExample(built: Promise<FastifyInstance>): Promise<ServedExample> {
  const app = await built;
  onTestFinished(() => app.close());
  await app.listen({ port: 0, host: '127.0.0.1' });
  const address = `127.0.0.1:${portOf(app)}`;
  const isSecure = app.initialConfig.https !== undefined && app.initialConfig.https !== false;
  const s = isSecure ? 's' : '';
  return { app, page: `http${s}://${address}`, url: `ws${s}://${address}${ENDPOINT}` };
}
