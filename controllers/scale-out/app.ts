import type { FastifyInstance } from 'fastify';
import { createPageApp } from '../page/create-page-app.js';
import { startServers } from './servers.js';

/** Two servers, and a page that shows both side by side: each half is a page of one of them. */
export async function buildScaleOutApp(): Promise<FastifyInstance> {
  const { what, servers, close } = await startServers();
  const app = await createPageApp({ from: import.meta.url });
  app.addHook('onClose', close);
  app.addHook('onRequest', async (request, reply) => {
    const halves = servers.map(({ port }) => `http://${request.hostname}:${port}`).join(' ');
    reply.header('content-security-policy', `${reply.getHeader('content-security-policy')}; frame-src ${halves}`);
  });
  app.get('/servers.json', () => ({ what, servers }));
  return app;
}
