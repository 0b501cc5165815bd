import { readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import { type NefeliOptions, nefeli } from 'nefeli';
import { portOf } from '../support/port-of.js';

/** A policy that allows scripts and connections of this server, and nothing else: no inline script, no `eval`. */
const POLICY = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'";

const ANSWER = 'ns.ask("sum", [1, 2]).then(({ body }) => postMessage([body, trace.join()].join(" ")))';

const PAGES = {
  '/module.html': '<!doctype html><script type="module" src="/module.js"></script>',
  '/script.html': '<!doctype html><script src="/nefeli.js"></script><script src="/page.js"></script>',
  // No try comes by itself in the lifetime of a test.
  '/never.html': `<!doctype html>${['never', 'nefeli', 'page'].map((name) => `<script src="/${name}.js"></script>`).join('')}`,
};

const SCRIPTS = {
  '/never.js': 'Math.random = () => 1e6;',
  '/module.js': "import * as nefeli from '/nefeli.mjs';\nglobalThis.nefeli = nefeli;\nimport('/page.js');",
  '/page.js': readFileSync(new URL('browser-page.js', import.meta.url), 'utf8'),
  '/module-worker.js': `import '/module.js';\nawait import('/page.js');\nenter().then(() => ${ANSWER});`,
  '/script-worker.js': `importScripts('/nefeli.js', '/page.js');\nenter().then(() => ${ANSWER});`,
};

/** An app that listens, with pages that have the client as a module and as a script. Who starts it closes it. */
export async function startBrowserApp(port = 0, options: NefeliOptions = {}): Promise<FastifyInstance> {
  const app = Fastify({ forceCloseConnections: true }); // browsers keep connections in reserve
  app.addHook('onRequest', async (_request, reply) => void reply.header('content-security-policy', POLICY));
  await app.register(nefeli, {
    path: '/ws',
    clientScript: '/nefeli.mjs',
    allowedOrigins: '*', // what is between the page and the server has another port
    namespaces: {
      default: {
        chat: (msg, ns) => ns.room(msg.room)?.broadcast('chat', msg.body),
        sum: (msg) => (msg.json() as number[]).reduce((sum, each) => sum + each, 0), // the tests send numbers
        echo: (msg) => (msg.isBinary ? msg.body : msg.body || undefined),
        survey: async (_, ns) => (await ns.ask('question', 'who are you')).body,
        kick: (msg, ns) => ns.conn.close(Number(msg.body)),
      },
    },
    ...options,
  });
  await app.register(nefeli, {
    name: 'script',
    path: '/none',
    namespaces: { default: {} },
    clientScript: '/nefeli.js',
  });
  for (const [path, html] of Object.entries(PAGES)) {
    app.get(path, (_request, reply) => reply.type('text/html').send(html));
  }
  for (const [path, script] of Object.entries(SCRIPTS)) {
    app.get(path, (_request, reply) => reply.type('text/javascript').send(script));
  }
  app.get('/favicon.ico', (_request, reply) => reply.code(204).send());
  await app.listen({ port, host: '127.0.0.1' });
  return app;
}

/** Where its pages are. */
export const addressOf = (app: FastifyInstance): string => `http://127.0.0.1:${portOf(app)}`;
