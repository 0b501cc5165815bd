import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { BrokerProcess, freePort, whyNoBroker } from '../support/broker-process.js';
import { ServerProcess } from './server-process.js';

const WEBSOCKETS = 2_000;
const SERVERS = 2;
/** How many are opened at a time: more at once than a server takes would only wait. */
const AT_ONCE = 50;
/** The most that one process may have, however many websockets it has. */
const MOST = 3;
const TIMEOUT_MS = 60_000;
/** A server that is busy answers late, and is then not in the number. */
const SOON = { timeout: 15_000, interval: 100 };

const opened: WebSocket[] = [];
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate();
  for (const end of ends.splice(0).reverse()) await end();
});

/** Fulfilled when it is in the namespace and in a room of its own, with an id of its own. */
function openOne({ url }: ServerProcess, number: number): Promise<void> {
  const socket = new WebSocket(`${url}/ws?id=client-${number}`);
  opened.push(socket);
  const steps = ['M', '$1;default;;_OnNamespaceConnect;0;0;', `$2;default;room-${number};_OnRoomJoin;0;0;`];
  const next = (): void => socket.send(steps.shift() ?? '');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)));
    socket.on('open', next);
    socket.on('message', () => (steps.length > 0 ? next() : resolve()));
  });
}

async function openAll(servers: readonly ServerProcess[]): Promise<void> {
  let begun = 0;
  const inTurn = async (): Promise<void> => {
    while (begun < WEBSOCKETS) {
      const number = begun++;
      const server = servers[number % SERVERS];
      if (server) await openOne(server, number);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, inTurn));
}

async function startServers(kind: 'redis' | 'nats', port: number): Promise<readonly ServerProcess[]> {
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => ServerProcess.start(kind, port)));
  ends.push(async () => void (await Promise.all(servers.map((server) => server.kill()))));
  return servers;
}

/** The connections of clients of a broker, whoever asks left out. */
const CONNECTIONS = {
  redis: async () => {
    const broker = await BrokerProcess.start('redis');
    const watcher = new Redis(broker.port);
    ends.push(() => broker.stop());
    ends.push(async () => watcher.disconnect());
    return {
      port: broker.port,
      connections: async () =>
        String(await watcher.client('LIST'))
          .trim()
          .split('\n').length - 1,
    };
  },
  nats: async () => {
    const statusPort = await freePort();
    const broker = await BrokerProcess.start('nats', '-m', String(statusPort));
    ends.push(() => broker.stop());
    return {
      port: broker.port,
      connections: async () => {
        const response = await fetch(`http://127.0.0.1:${statusPort}/connz`);
        return ((await response.json()) as { num_connections: number }).num_connections; // as NATS documents it
      },
    };
  },
};

describe.each(['redis', 'nats'] as const)('2,000 websockets on two servers over %s', (kind) => {
  const missing = whyNoBroker(kind);

  describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : 'each in a room of its own', () => {
    it(
      `have at most ${MOST} connections to the broker for each server, as many as two servers without any`,
      async () => {
        const { port, connections } = await CONNECTIONS[kind]();
        const servers = await startServers(kind, port);
        const without = await connections();

        await openAll(servers);

        await vi.waitFor(async () => expect(await servers[0]?.do('count', {})).toBe(WEBSOCKETS), SOON);
        await vi.waitFor(async () => expect(await servers[1]?.do('rooms', {})).toHaveLength(WEBSOCKETS), SOON);
        const withAll = await connections();
        expect(withAll).toBe(without);
        expect(withAll / SERVERS).toBeGreaterThanOrEqual(1);
        expect(withAll / SERVERS).toBeLessThanOrEqual(MOST);
      },
      TIMEOUT_MS,
    );
  });
});
