// Runs the broker that is named on the command line, and tells of it line by line. The broker ends with this process.
import { answerLines, type Command, tell } from '../answer-lines.js';
import { connectionsOf, cpuUsOf, memoryOf } from './broker-status.js';
import { type BrokerKind, startBroker } from './start-broker.js';

const [, , kind = ''] = process.argv;
// The one that starts this process takes the name from the list of peers.
const broker = await startBroker(kind as BrokerKind);
void broker.ended.then(() => process.exit(1));

async function answer({ name }: Command): Promise<unknown> {
  switch (name) {
    case 'cpu':
      return { cpuUs: cpuUsOf(broker.pid) };
    case 'connections':
      return { connections: await connectionsOf(broker) };
    case 'memory':
      return { memoryBytes: await memoryOf(broker) };
    default:
      throw new Error(`unknown command ${name}`);
  }
}

answerLines(answer);
tell({ port: broker.port });
