// npm start              lists the examples, and starts the chat
// npm start -- <name>…   starts the examples of these names, each on a port of its own
// npm start -- all       starts all of them
import { EXAMPLES } from './examples.js';
import { StartError, type StartedExample, startExample } from './start-example.js';

const names = namesIn(process.argv.slice(2));
const { PORT: port = '8080', HOST: host } = process.env;
const started: StartedExample[] = [];
const running = (): ReadonlyMap<string, string> => new Map(started.map(({ name, url }) => [name, url]));

try {
  for (const [at, name] of names.entries()) {
    started.push(await startExample({ name, port: portAt(at), host, running }));
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not once: the terminal and npm may both pass on a Ctrl+C, and the second would cut the closing short.
    process.on(signal, () => void closeAll());
  }
  if (process.argv.length === 2) listExamples();
  for (const { url, invitation } of started) {
    console.log(`Open ${url} in two windows, and ${invitation}. Ctrl+C ends it.`);
  }
} catch (error) {
  await closeAll();
  console.error(error instanceof StartError ? error.message : error);
  process.exitCode = 1;
}

function namesIn(words: readonly string[]): readonly (string | undefined)[] {
  if (words.includes('all')) return [...EXAMPLES.keys()];
  return words.length === 0 ? [undefined] : words;
}

/** The first gets the port that was asked for, the others those that follow; 0 is any free one for each. */
function portAt(at: number): string {
  return at === 0 || port === '0' ? port : String(Number(port) + at);
}

function listExamples(): void {
  console.log('Examples, each started by npm start -- <name>, all of them by npm start -- all:');
  for (const [name, { title }] of EXAMPLES) console.log(`  ${name.padEnd(16)} ${title}`);
}

async function closeAll(): Promise<void> {
  await Promise.all(started.map(({ app }) => app.close()));
}
