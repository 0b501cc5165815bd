import type { FastifyInstance } from 'fastify';
import { EXAMPLES } from '../examples.js';

/** An example of this process, by its name, and where its page is. */
export type Running = ReadonlyMap<string, string>;

/** Adds the page that names all examples, and links to those that run. */
export function addStartPage(app: FastifyInstance, running: () => Running): void {
  app.get('/examples', (_request, reply) => reply.type('text/html; charset=utf-8').send(html(running())));
}

function html(running: Running): string {
  const items = [...EXAMPLES].map(([name, { title }]) => {
    const url = running.get(name);
    const where = url === undefined ? `<code>npm start -- ${name}</code>` : `<a href="${url}">${url}</a>`;
    return `<li><strong>${name}</strong> · ${title}<br />${where}</li>`;
  });
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Nefeli examples</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/look.css" />
  </head>
  <body>
    <header><h1>Nefeli <span>examples</span></h1></header>
    <main>
      <section>
        <h2>Running and to start</h2>
        <ul>${items.join('')}</ul>
      </section>
      <p>All at once: <code>npm start -- all</code></p>
    </main>
  </body>
</html>
`;
}
