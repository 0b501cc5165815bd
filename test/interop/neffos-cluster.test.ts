import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { natsAdapter } from '../../src/adapters/nats/index.js';
import { redisAdapter } from '../../src/adapters/redis/index.js';
import type { Adapter } from '../../src/ports/adapter.js';
import { type BrokerKind, BrokerProcess, whyNoBroker } from '../support/broker-process.js';
import { GO_BUILD_TIMEOUT_MS, type GoServer, goAvailable, startGoServer } from '../support/go.js';
import { type InteropApp, startInteropApp } from './interop-app.js';
import { binaryFrame, type RawFrame, RawPeer } from './raw-peer.js';
import { until } from './until.js';

interface Cluster {
  readonly kind: BrokerKind;
  /** What tells the server of neffos where the broker is. */
  readonly goArgs: (port: number) => readonly string[];
  readonly adapter: (port: number, wire: 'neffos' | 'nefeli') => Adapter;
}

const CLUSTERS: readonly Cluster[] = [
  {
    kind: 'redis',
    goArgs: (port) => ['-redis', `127.0.0.1:${port}`],
    adapter: (port, wire) => redisAdapter({ app: 'app', url: `redis://127.0.0.1:${port}`, wire }),
  },
  {
    kind: 'nats',
    goArgs: (port) => ['-nats', `nats://127.0.0.1:${port}`],
    adapter: (port, wire) => natsAdapter({ app: 'app', servers: `nats://127.0.0.1:${port}`, wire }),
  },
];

/** A client of the server of neffos, once that has subscribed for it: it does so after it has said that it is connected. */
async function goPeer(go: GoServer, id: string, namespace = 'default'): Promise<RawPeer> {
  const peer = await RawPeer.connected(`${go.url}/exchange?id=${id}`, namespace);
  let tries = 0;
  const own = setInterval(() => peer.send(`;${namespace};;chat;0;0;try ${++tries} of ${id}`), 20);
  const other = await RawPeer.connected(`${go.url}/exchange?id=try-${id}`, namespace);
  const others = setInterval(() => other.send(`;${namespace};;chat;0;0;try`), 20);
  await peer.next();
  clearInterval(own);
  clearInterval(others);
  other.send(`;${namespace};;chat;0;0;last`);
  while (!String(await peer.next()).endsWith(';last')) {}
  other.close(1000);
  return peer;
}

const join = (peer: RawPeer, room: string): Promise<RawFrame> => peer.ask(`$join;default;${room};_OnRoomJoin;0;0;`);

describe.each(CLUSTERS)('a cluster of neffos over $kind', ({ kind, goArgs, adapter }) => {
  const missing = whyNoBroker(kind) ?? (goAvailable() ? undefined : 'Go is not installed here');

  describe.skipIf(missing !== undefined)(missing ? `(skipped: ${missing})` : 'with a server of this kind', () => {
    let broker: BrokerProcess;
    let go: GoServer;

    beforeAll(async () => {
      broker = await BrokerProcess.start(kind);
      go = await startGoServer(...goArgs(broker.port));
    }, GO_BUILD_TIMEOUT_MS);

    afterAll(async () => {
      await go.stop();
      await broker.stop();
    });

    const start = (wire: 'neffos' | 'nefeli' = 'neffos'): Promise<InteropApp> =>
      startInteropApp({ adapter: adapter(broker.port, wire) });
    const peerOf = (app: InteropApp, id: string, namespace?: string): Promise<RawPeer> =>
      RawPeer.connected(`${app.url}?id=${id}`, namespace);

    it('carries a broadcast of a client to all the others of its namespace, on either side, and not to itself', async () => {
      const maria = await goPeer(go, 'maria');
      const nikos = await peerOf(await start(), 'nikos');

      nikos.send(';default;;chat;0;0;from nikos');
      expect(await maria.next()).toBe(';default;;chat;0;0;from nikos');
      maria.send(';default;;chat;0;0;from maria; γειά');
      expect(await nikos.next()).toBe(';default;;chat;0;0;from maria; γειά');

      expect(await nikos.ask('$1;default;;echo;0;0;x')).toBe('$1;default;;echo;0;0;x');
      expect(await maria.ask('$1;default;;echo;0;0;x')).toBe('$1;default;;echo;0;0;x');
    });
  });
});
