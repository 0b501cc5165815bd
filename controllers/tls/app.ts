import type { FastifyInstance } from 'fastify';
import { buildVisitsApp, type VisitsOptions } from '../visits/app.js';
import { makeSelfSigned } from './self-signed.js';

/**
 * The example `visits` by HTTPS, so that its websockets are `wss:`. Its controllers do not know: only the server differs. It
 * listens nowhere yet.
 */
export function buildTlsApp({ https = makeSelfSigned(), ...options }: VisitsOptions = {}): Promise<FastifyInstance> {
  return buildVisitsApp({ ...options, https });
}
