import { systemRandom, systemScheduler } from '../../src/core/web-platform.js';
import type { AdapterHost, AdapterState, Envelope } from '../../src/ports/adapter.js';
import { Counters } from '../../src/server/counters.js';
import { MemoryLog } from './test-server.js';

/** A server as an adapter knows it, which remembers what it is told. */
export class RecordingHost implements AdapterHost {
  readonly scheduler: AdapterHost['scheduler'];
  readonly random: AdapterHost['random'];
  readonly metrics = new Counters();
  readonly log = new MemoryLog();
  readonly received: Envelope[] = [];
  readonly left: string[] = [];
  readonly states: AdapterState[] = [];

  constructor(
    readonly serverId: string,
    parts: Partial<Pick<AdapterHost, 'scheduler' | 'random'>> = {},
  ) {
    this.scheduler = parts.scheduler ?? systemScheduler;
    this.random = parts.random ?? systemRandom;
  }

  deliver = (envelope: Envelope): void => void this.received.push(envelope);
  peerLeft = (serverId: string): void => void this.left.push(serverId);
  stateChanged = (state: AdapterState): void => void this.states.push(state);
}
