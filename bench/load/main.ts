// The load generator: opens connections, puts load on them and counts, as it is told line by line.
import { setTimeout as after } from 'node:timers/promises';
import { answerLines, type Command, tell } from '../answer-lines.js';
import { type BoundedWork, runBounded } from './bounded-work.js';
import type { ClusterCastWork } from './cluster-cast.js';
import { Opener, type Opening } from './open.js';
import { PROTOCOLS, type ProtocolName } from './protocols.js';
import type { RelayWork } from './relay.js';
import { Tally } from './tally.js';
import { prepareWork, startWork, type Work } from './work.js';

const FINISH_POLL_MS = 20;

const [, , name = ''] = process.argv;
// The one that starts this process takes the name from the list of peers.
const protocol = PROTOCOLS[name as ProtocolName];
const tally = new Tally();
const opener = new Opener(protocol, tally);
let prepared: BoundedWork | undefined;

async function answer(command: Command): Promise<unknown> {
  switch (command.name) {
    case 'open':
      await opener.open(command['opening'] as Opening); // sent by this benchmark, as every command is
      return { connections: opener.opened.length };
    case 'work':
      startWork(command['work'] as Work, opener.opened, protocol, tally);
      return {};
    case 'prepare':
      prepared = prepareWork(command['work'] as ClusterCastWork | RelayWork, opener.opened, protocol, tally);
      return {};
    case 'run':
      return await runBounded(preparedWork(), tally, { ms: Number(command['ms']) });
    case 'check':
      return check(preparedWork());
    case 'finish':
      return await finish(Number(command['messages']));
    case 'reset':
      return tally.reset();
    case 'count':
      return { ...tally.count(), short: shortMessages() };
    default:
      throw new Error(`unknown command ${command.name}`);
  }
}

/** Fulfilled when so many messages have been received since the reset; no more are sent then. */
async function finish(messages: number): Promise<void> {
  tally.limit = messages;
  while (!tally.isFull) await after(FINISH_POLL_MS);
}

function preparedWork(): BoundedWork {
  if (!prepared) throw new Error('no work is prepared');
  return prepared;
}

function check({ audiences }: BoundedWork): void {
  if (tally.lost > 0) throw new Error(`${tally.lost} connections were lost`);
  for (const audience of audiences) audience.check();
}

function shortMessages(): number {
  return opener.opened.reduce((sum, { reader }) => sum + reader.short, 0);
}

answerLines(answer);
tell({ ready: true });
