import type { FastifyInstance } from 'fastify';
import { EXAMPLES } from './examples.js';
import { addStartPage, type Running } from './page/start-page.js';

/** An example that listens. */
export interface StartedExample {
  readonly app: FastifyInstance;
  readonly name: string;
  readonly url: string;
  /** What one does on the page, in two windows: “talk”. */
  readonly invitation: string;
}

/** Which example is started, and where it listens. All are texts, as they stand in the command and the environment. */
export interface StartOptions {
  /** @default 'chat' */
  readonly name?: string | undefined;
  /** A number as text, as it stands in the environment; 0 for any that is free. @default '8080' */
  readonly port?: string | undefined;
  /** @default '127.0.0.1' */
  readonly host?: string | undefined;
  /** What the start page links to. @default this example alone */
  readonly running?: (() => Running) | undefined;
}

/** Why an example cannot be started, and what to do. For people: without a stack. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Starts an example application.
 *
 * @throws StartError when there is no such example, when the port is no port, and when it is in use
 */
export async function startExample(options: StartOptions): Promise<StartedExample> {
  const { name = 'chat', host = '127.0.0.1' } = options;
  const example = EXAMPLES.get(name);
  if (!example) {
    const names = [...EXAMPLES.keys()].join(', ');
    throw new StartError(`There is no example “${name}”. There is: ${names}. Start one with: npm start -- chat`);
  }
  const port = readPort(options.port ?? '8080');
  const app = await example.build();
  let url = '';
  addStartPage(app, options.running ?? (() => new Map([[name, url]])));
  try {
    url = await app.listen({ port, host });
    return { app, name, url, invitation: example.invitation };
  } catch (error) {
    await app.close();
    throw explain(error, host, port);
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StartError(`PORT is “${text}”, but must be a number from 0 to 65535; 0 takes any port that is free.`);
}

function explain(error: unknown, host: string, port: number): unknown {
  switch ((error as Partial<NodeJS.ErrnoException>).code) {
    case 'EADDRINUSE':
      return new StartError(
        `Port ${port} on ${host} is in use. Stop what uses it, or choose another port: PORT=${port + 1} npm start`,
      );
    case 'EACCES':
      return new StartError(`Port ${port} may not be used by you. Choose one above 1023: PORT=8080 npm start`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`HOST is “${host}”, which is no address of this computer. Try HOST=127.0.0.1 npm start`);
    default:
      return error;
  }
}
