import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectionsOf, cpuUsOf, memoryOf } from '../../bench/broker/broker-status.js';
import { type BrokerKind, describeBroker, startBroker } from '../../bench/broker/start-broker.js';
import { whyNoBroker } from '../support/broker-process.js';

async function running(kind: BrokerKind) {
  const broker = await startBroker(kind);
  onTestFinished(async () => {
    process.kill(broker.pid, 'SIGKILL');
    await broker.ended;
  });
  return broker;
}

/** A client that has said nothing more than a broker needs to count it. */
async function clientOf(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write('PING\r\n');
  await once(socket, 'data');
  return socket;
}

describe.each(['redis', 'nats'] as const)('%s of the benchmark', (kind) => {
  const missing = whyNoBroker(kind);

  describe.skipIf(missing !== undefined)(missing ? `skipped: ${missing}` : 'where it is installed', () => {
    it('has a version, and starts twice at once on ports of its own', async () => {
      const [one, other] = await Promise.all([running(kind), running(kind)]);

      expect(describeBroker(kind).version).toMatch(/^\d+\.\d+/);
      expect(one.port).not.toBe(other.port);
    });

    it('tells how many are connected, whoever asks left out, and what it uses', async () => {
      const broker = await running(kind);

      expect(await connectionsOf(broker)).toBe(0);
      await Promise.all([clientOf(broker.port), clientOf(broker.port)]);
      expect(await connectionsOf(broker)).toBe(2);
      expect(await memoryOf(broker)).toBeGreaterThan(100_000);
    });

    it.skipIf(process.platform !== 'linux')('tells its CPU in microseconds, more and more (Linux alone)', async () => {
      const broker = await running(kind);
      const before = cpuUsOf(broker.pid);
      await Promise.all(Array.from({ length: 20 }, () => clientOf(broker.port)));

      expect(before).toBeGreaterThan(0);
      expect(cpuUsOf(broker.pid)).toBeGreaterThan(before);
    });
  });
});

describe('cpuUsOf', () => {
  it('is 0 for a process that is not there', () => {
    expect(cpuUsOf(2 ** 30)).toBe(0);
  });
});
