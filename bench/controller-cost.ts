// What it costs to make one controller for a connection: by hand, as Nefeli does, and in a child container.
import { performance } from 'node:perf_hooks';
import { Container, decorate, inject, injectable } from 'inversify';
import { NSConn } from 'nefeli';
import { answerLines, tell } from './answer-lines.js';

const CONNECTIONS = 5_000;
const WARM_UP = 200;

class Log {}

class ChatController {
  constructor(
    readonly ns: unknown,
    readonly log: Log,
  ) {}
}

type Make = (ns: object) => unknown;

/** The part of Nefeli's own resolver that is measured. It is no public name. */
interface Resolvers {
  readonly ContainerResolver: {
    of(container: Container): { provide(controller: unknown): Promise<{ readonly create: Make }> };
  };
}

decorate(injectable(), ChatController);
decorate(inject(NSConn), ChatController, 0);
decorate(inject(Log), ChatController, 1);

const log = new Log();
const root = new Container();
root.bind(Log).toConstantValue(log);
const kept: unknown[] = [];

const WAYS: Record<string, () => Promise<Make>> = {
  new: async () => (ns) => new ChatController(ns, log),
  nefeli: async () => {
    const built = new URL('../../dist/inversify/container-resolver.js', import.meta.url).href;
    // Loaded by its path, because the package does not export it.
    const { ContainerResolver } = (await import(built)) as Resolvers;
    return (await ContainerResolver.of(root).provide(ChatController)).create;
  },
  'child-container': async () => (ns) => {
    const child = new Container({ parent: root });
    child.bind(NSConn).toConstantValue(ns as NSConn); // nothing is called on it
    child.bind(ChatController).toSelf();
    kept.push(child);
    return child.get(ChatController);
  },
};

const [, , way = ''] = process.argv;
const make = await WAYS[way]?.();
if (!make || !globalThis.gc) throw new Error(`run with --expose-gc and one of ${Object.keys(WAYS).join(', ')}`);
for (let index = 0; index < WARM_UP; index++) make({ index });
kept.length = 0;
globalThis.gc();
const bytesBefore = process.memoryUsage().heapUsed;
const start = performance.now();
for (let index = 0; index < CONNECTIONS; index++) kept.push(make({ index }));
const timeUs = ((performance.now() - start) * 1_000) / CONNECTIONS;
globalThis.gc();
const heapBytes = (process.memoryUsage().heapUsed - bytesBefore) / CONNECTIONS;

answerLines(() => ({}));
tell({ timeUs, heapBytes });
