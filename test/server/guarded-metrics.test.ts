import { describe, expect, it } from 'vitest';
import { Counters } from '../../src/server/counters.js';
import { GuardedMetrics } from '../../src/server/guarded-metrics.js';
import { MemoryLog, testServer } from '../support/test-server.js';

const THROWING = {
  count(): void {
    throw new Error('the exporter is broken');
  },
};

describe('GuardedMetrics', () => {
  it('counts as the application does', () => {
    const counters = new Counters();
    const metrics = new GuardedMetrics(counters, new MemoryLog());

    metrics.count('frames.in');
    metrics.count('broadcasts.delivered', 3);

    expect(counters.snapshot()).toEqual({ 'frames.in': 1, 'broadcasts.delivered': 3 });
  });

  it('says once that counting has thrown, and with what', () => {
    const log = new MemoryLog();
    const metrics = new GuardedMetrics(THROWING, log);

    metrics.count('frames.in');
    metrics.count('asks.sent');

    expect(log.lines).toEqual([
      {
        level: 'error',
        fields: { err: new Error('the exporter is broken'), metric: 'frames.in' },
        message: 'metrics.count has thrown: what is counted is incomplete',
      },
    ]);
  });

  it('lets a server go on whose metrics throw, and gives it those of the application', () => {
    const t = testServer({ default: { echo: (msg) => msg.body } }, { metrics: THROWING });

    const { socket } = t.accept({ hello: true });
    socket.receive('$1;default;;_OnNamespaceConnect;0;0;', '$2;default;;echo;0;0;hello');

    expect(socket.texts).toEqual(['$1;;;;;;', '$2;default;;echo;0;0;hello']);
    expect(t.server.metrics).toBe(THROWING);
    expect(t.log.lines).toHaveLength(1);
  });
});
