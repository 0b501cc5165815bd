// Serves the peer whose module is named on the command line, and answers how much it has used.
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { answerLines, type Command, tell } from '../answer-lines.js';

/** What the module of a peer exports. */
interface PeerModule {
  /** Listens on any port of 127.0.0.1, and gives it. Those with a broker are given its port. */
  serve(brokerPort: number): Promise<number>;
}

async function answer({ name }: Command): Promise<unknown> {
  if (name === 'cpu') {
    const { user, system } = process.cpuUsage();
    return { cpuUs: user + system, atUs: performance.now() * 1_000 };
  }
  if (name === 'memory') return await memory();
  throw new Error(`unknown command ${name}`);
}

/** Twice, with a turn between: what the first collection finalises is freed by the second. */
async function memory(): Promise<{ heapBytes: number; rssBytes: number }> {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  for (let times = 0; times < 2; times++) {
    globalThis.gc();
    await setImmediate();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed + external, rssBytes: rss };
}

const [, , path = ''] = process.argv;
// The modules in `peers` are written for this.
const peer = (await import(pathToFileURL(path).href)) as PeerModule;
const port = await peer.serve(Number(process.env['BROKER_PORT']));
answerLines(answer);
tell({ port });
