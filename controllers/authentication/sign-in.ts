import { randomBytes, randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyCookie, { type CookieSerializeOptions } from '@fastify/cookie';
import fastifyJwt from '@fastify/jwt';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Conn } from 'nefeli';
import { sameOrigin } from '../page/same-origin.js';
import { Accounts, type User } from './accounts.js';
import { type Revocations, RevokedTokens } from './revoked-tokens.js';

/** Who has signed in, and the token by which they have: its id, and when it ends, in seconds since 1970. */
export interface SignedIn extends User {
  readonly jti: string;
  readonly exp: number;
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: User & { readonly jti: string };
    user: SignedIn | null; // null where requireUser has not run
  }
}

/** What the pages of all examples with a sign-in share. */
const PAGE = join(dirname(fileURLToPath(import.meta.url)), 'public');

/** How long one stays signed in, in seconds. */
const LIFETIME_S = 8 * 60 * 60;

/** What the connections of who has signed out are closed with. The client of Nefeli does not come back from such a code. */
const SIGNED_OUT = 4001;

/** Scripts cannot read the cookie, and no other site's page makes the browser send it. */
const COOKIE: CookieSerializeOptions = {
  path: '/',
  httpOnly: true,
  sameSite: 'strict',
  secure: 'auto', // where the page itself came by TLS
  maxAge: LIFETIME_S,
};

/** What fits a form of a name and a password. Longer ones are not even hashed. */
const CREDENTIALS = {
  type: 'object',
  required: ['email', 'password'],
  properties: { email: { type: 'string', maxLength: 200 }, password: { type: 'string', maxLength: 200 } },
};

interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** How an example signs people in. */
export interface SignInOptions {
  /** The name of the cookie. Ports of one host share their cookies, so each example has a name of its own. */
  readonly cookieName: string;
  /** Signs tokens and cookies: who knows it can be anybody. @default made at random, so that a restart signs everybody out */
  readonly secret?: string | undefined;
  /** Where it is kept who has signed out. @default in memory, which will do where the secret does not outlive a restart either */
  readonly revoked?: Revocations;
}

/**
 * Adds routes to an app with `nefeli` by which people sign in with an address and a password: `POST /session` sets a cookie,
 * for pages; `POST /token` answers with a token, for programs. Both are the same signed statement of who they are.
 * `GET /session` tells who one is. `DELETE /session` signs out: the token counts no longer, and the connections of the user are
 * closed with 4001. From here on {@link requireUser} protects any route of the app.
 */
export async function addSignIn(app: FastifyInstance, options: SignInOptions): Promise<void> {
  const { cookieName, secret = randomBytes(32).toString('base64url'), revoked = new RevokedTokens() } = options;
  await app.register(fastifyCookie);
  await app.register(fastifyJwt, {
    secret,
    sign: { algorithm: 'HS256', expiresIn: LIFETIME_S },
    verify: { algorithms: ['HS256'] },
    cookie: { cookieName, signed: false }, // the token in it is
    trusted: (_request, { jti }) => !revoked.has(String(jti)),
  });
  app.addHook('onRequest', sameOrigin);

  app.get('/sign-in.js', (_request, reply) => reply.sendFile('sign-in.js', PAGE));
  addBegin(app, cookieName);
  addEnd(app, cookieName, revoked);
}

/** Where one signs in. */
function addBegin(app: FastifyInstance, cookieName: string): void {
  const accounts = new Accounts();
  const tokenOf = (user: User): string => app.jwt.sign({ ...user, jti: randomUUID() });
  const signIn = async (
    { body }: FastifyRequest<{ Body: Credentials }>,
    reply: FastifyReply,
  ): Promise<User | undefined> => {
    const user = await accounts.find(body.email, body.password);
    if (!user) await refuse(reply, 'There is no account with this address and this password.');
    return user;
  };

  app.post<{ Body: Credentials }>('/token', { schema: { body: CREDENTIALS } }, async (request, reply) => {
    const user = await signIn(request, reply);
    return user ? { token: tokenOf(user) } : reply;
  });
  app.post<{ Body: Credentials }>('/session', { schema: { body: CREDENTIALS } }, async (request, reply) => {
    const user = await signIn(request, reply);
    return user ? reply.setCookie(cookieName, tokenOf(user), COOKIE).send(user) : reply;
  });
}

/** Where one sees who one is, and signs out. */
function addEnd(app: FastifyInstance, cookieName: string, revoked: Revocations): void {
  app.get('/session', { preValidation: requireUser }, ({ user }) => user && { email: user.email, name: user.name });
  app.delete('/session', { preValidation: requireUser }, async ({ user }, reply) => {
    if (user) revoked.add(user.jti, user.exp * 1_000);
    await app.nefeli.do((conn) => {
      const { email } = conn.user as SignedIn; // requireUser has let it in
      if (email === user?.email) conn.close(SIGNED_OUT, 'signed out');
    });
    return reply.clearCookie(cookieName, COOKIE).code(204).send();
  });
}

/** The `onConnect` of a server behind {@link requireUser}: closes a connection when its token ends. It was checked once only. */
export function closeWhenTokenEnds(conn: Conn): void {
  const { exp } = conn.user as SignedIn; // requireUser has let it in
  const timer = setTimeout(() => conn.close(SIGNED_OUT, 'signed out'), Math.max(0, exp * 1_000 - Date.now()));
  conn.signal.addEventListener('abort', () => clearTimeout(timer));
}

/**
 * A hook for routes, websocket routes included: puts who has signed in at `request.user`, and answers everybody else with 401.
 * The token comes as the cookie, in the header `Authorization: Bearer …`, or as `?token=…`, because a browser can send no
 * headers of its own with a websocket.
 */
export async function requireUser(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { token } = request.query as { token?: unknown }; // of a route with no schema for it
  try {
    if (typeof token === 'string') request.headers.authorization = `Bearer ${token}`;
    await request.jwtVerify();
  } catch {
    await refuse(reply, 'Sign in first.'); // whatever is wrong with the token: who made it knows, others need not
  }
}

function refuse(reply: FastifyReply, message: string): FastifyReply {
  return reply.code(401).send({ statusCode: 401, error: 'Unauthorized', message });
}
