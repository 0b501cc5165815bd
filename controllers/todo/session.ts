import { randomBytes } from 'node:crypto';
import fastifyCookie from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sameOrigin } from '../page/same-origin.js';

/** Ports of one host share their cookies, so each example has a name of its own. */
const COOKIE = 'todo';
const LIFETIME_S = 30 * 24 * 60 * 60;

declare module 'fastify' {
  interface FastifyRequest {
    /** Which browser this comes from; empty for a websocket that brings no session. */
    sessionId: string;
  }
}

/**
 * Gives every browser a session of its own: a random id in a signed cookie. Nobody signs in, and nothing is kept here: what
 * belongs to a session is found by its id. An upgrade gets no new session; {@link requireSession} refuses it then.
 */
export async function addSessions(app: FastifyInstance, secret: string): Promise<void> {
  await app.register(fastifyCookie, { secret });
  app.decorateRequest('sessionId', '');
  app.addHook('onRequest', sameOrigin);
  app.addHook('onRequest', async (request, reply) => {
    const known = request.unsignCookie(request.cookies[COOKIE] ?? '').value;
    request.sessionId = known ?? (request.ws ? '' : begin(reply));
  });
}

/** A hook that answers 401 to who has no session. */
export async function requireSession({ sessionId }: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (sessionId !== '') return;
  await reply.code(401).send({ statusCode: 401, error: 'Unauthorized', message: 'Open the page first.' });
}

function begin(reply: FastifyReply): string {
  const id = randomBytes(16).toString('base64url');
  const options = { path: '/', httpOnly: true, sameSite: 'strict', secure: 'auto', maxAge: LIFETIME_S } as const;
  reply.setCookie(COOKIE, id, { ...options, signed: true });
  return id;
}
