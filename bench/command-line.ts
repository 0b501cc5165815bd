import { parseArgs } from 'node:util';
import { PEERS, type Peer } from './peers.js';
import type { Settings } from './run/results.js';
import { SCENARIOS, type Scenario } from './scenarios.js';

/** What to do, as the command line says it. */
export interface Order {
  readonly scenarios: readonly Scenario[];
  readonly peers: readonly Peer[];
  readonly settings: Settings;
  /** The file for the results. */
  readonly out: string;
}

const FULL: Settings = { rounds: 5, warmUpMs: 1_000, measureMs: 2_000, fewer: 1 };
const QUICK: Settings = { rounds: 1, warmUpMs: 200, measureMs: 300, fewer: 10 };
const QUICK_PEERS = ['nefeli', 'ws', 'fastify-websocket', 'nefeli-redis', 'nefeli-nats'];
/** Slow, or in need of brokers. */
const ONLY_NAMED: readonly Scenario['kind'][] = ['instructions', 'cluster'];

/** How the benchmark is called. */
export const USAGE = `npm run bench -- [scenario …] [options]

  scenario            its name or how it begins (echo, echo-ask, broadcast …); all but instructions and cluster when none is given
  --peers a,b         only these: ${PEERS.map(({ name }) => name).join(', ')}
  --rounds n          how often each is measured, ${FULL.rounds} times when left out
  --measure ms        how long each time, ${FULL.measureMs} ms when left out
  --quick             one short round with fewer connections, of ${QUICK_PEERS.join(', ')} alone: to see that it works
  --out file          where the results go, build/performance.json when left out

${SCENARIOS.map(({ name, title }) => `  ${name.padEnd(20)}${title}`).join('\n')}`;

/**
 * Reads the arguments of the command line.
 *
 * @throws an Error that says what is wrong with them
 */
export function readCommandLine(args: readonly string[]): Order {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: 'string' },
      rounds: { type: 'string' },
      measure: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string', default: 'build/performance.json' },
    },
  });
  const settings = values.quick ? QUICK : FULL;
  const names = values.peers?.split(',') ?? (values.quick ? QUICK_PEERS : PEERS.map(({ name }) => name));
  return {
    scenarios: chosenScenarios(positionals),
    peers: names.map(peerOf),
    settings: {
      ...settings,
      rounds: numberOf('rounds', values.rounds) ?? settings.rounds,
      measureMs: numberOf('measure', values.measure) ?? settings.measureMs,
    },
    out: values.out,
  };
}

function chosenScenarios(prefixes: readonly string[]): readonly Scenario[] {
  for (const prefix of prefixes) {
    if (!SCENARIOS.some(({ name }) => name.startsWith(prefix))) throw new Error(`no scenario begins with "${prefix}"`);
  }
  if (prefixes.length === 0) return SCENARIOS.filter(({ kind }) => !ONLY_NAMED.includes(kind));
  return SCENARIOS.filter(({ name }) => {
    return prefixes.some((prefix) => name === prefix || (name.startsWith(prefix) && !isName(prefix)));
  });
}

/** A whole name does not stand for those that begin with it: `room` and `room-alone`. */
function isName(text: string): boolean {
  return SCENARIOS.some(({ name }) => name === text);
}

function peerOf(name: string): Peer {
  const peer = PEERS.find((each) => each.name === name);
  if (!peer) throw new Error(`there is no peer "${name}", but ${PEERS.map((each) => each.name).join(', ')}`);
  return peer;
}

function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`--${option} ${text}: not a whole number above 0`);
  return number;
}
