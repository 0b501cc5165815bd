// What it costs to make one controller for a connection: by hand, as Nefeli does, and in a child container.
//
//     npm run build && for way in new holder child; do node --expose-gc bench/controller-cost.mjs $way; done
import 'reflect-metadata';
import { Container, decorate, inject, injectable } from 'inversify';
import { ContainerResolver } from '../dist/inversify/container-resolver.js';
import { NSConn } from '../dist/ports/conn.js';

const CONNECTIONS = 5_000;
const WARM_UP = 200;

class Log {}
class ChatController {
  constructor(ns, log) {
    this.ns = ns;
    this.log = log;
  }
}
decorate(injectable(), ChatController);
decorate(inject(NSConn), ChatController, 0);
decorate(inject(Log), ChatController, 1);

const log = new Log();
const root = new Container();
root.bind(Log).toConstantValue(log);
const kept = [];

const WAYS = {
  new: () => (ns) => new ChatController(ns, log),
  holder: async () => (await ContainerResolver.of(root).provide(ChatController)).create,
  child: () => (ns) => {
    const child = new Container({ parent: root });
    child.bind(NSConn).toConstantValue(ns);
    child.bind(ChatController).toSelf();
    kept.push(child);
    return child.get(ChatController);
  },
};

const way = process.argv[2] ?? 'holder';
const make = await WAYS[way]();
for (let index = 0; index < WARM_UP; index++) make({ index });
kept.length = 0;
globalThis.gc();
const bytesBefore = process.memoryUsage().heapUsed;
const start = performance.now();
for (let index = 0; index < CONNECTIONS; index++) kept.push(make({ index }));
const us = ((performance.now() - start) * 1_000) / CONNECTIONS;
globalThis.gc();
const bytes = (process.memoryUsage().heapUsed - bytesBefore) / CONNECTIONS;
console.log(`${way}: ${us.toFixed(2)} µs and ${bytes.toFixed(0)} bytes a connection`);
