import type { FastifyInstance } from 'fastify';
import { requireUser } from '../authentication/sign-in.js';
import type { Messenger } from './messenger.js';
import { Draft } from './system-message.js';

/** What the interface has always called it when a message could be sent to nobody. */
const NOBODY_THERE = 10120;

/** `POST /api/tool/send_message` sends a message, and `GET /api/tool/messages` lists the last ones. For who has signed in. */
export function addRoutes(app: FastifyInstance, messenger: Messenger): void {
  acceptForms(app);

  app.post('/api/tool/send_message', { preValidation: requireUser }, async (request, reply) => {
    const { success, data, error } = Draft.safeParse(request.body);
    if (!success) return reply.code(400).send({ statusCode: 400, message: error.issues[0]?.message });
    const receivers = await messenger.send(nameOf(request), data);
    if (receivers > 0) return { receivers };
    const message = data.user === undefined ? 'Nobody is connected.' : `${data.user} is not connected.`;
    return reply.code(400).send({ statusCode: 400, code: NOBODY_THERE, message });
  });

  app.get('/api/tool/messages', { preValidation: requireUser }, (request) => messenger.latestFor(nameOf(request)));
}

/** What HTML forms and `curl -d` send. */
function acceptForms(app: FastifyInstance): void {
  const type = 'application/x-www-form-urlencoded';
  app.addContentTypeParser<string>(type, { parseAs: 'string' }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(body)));
  });
}

/** The public name of who has signed in: the hook of the route lets nobody else through. */
function nameOf({ user }: { readonly user: { readonly name: string } | null }): string {
  if (!user) throw new Error('the route has no requireUser');
  return user.name;
}
