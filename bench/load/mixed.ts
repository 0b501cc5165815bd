import { performance } from 'node:perf_hooks';
import { countTagged, taggedBody } from './body.js';
import type { Connection } from './connection.js';
import { maskedText } from './masked-frame.js';
import type { Protocol } from './protocols.js';
import type { Tally } from './tally.js';

/** Broadcasts and asks at a steady rate, so that every peer has the same work, and readers that hardly read. */
export interface MixedWork {
  readonly kind: 'mixed';
  readonly castsPerSecond: number;
  readonly castBytes: number;
  readonly asksPerSecond: number;
  readonly askBytes: number;
  /** Of the connections, from 0 to 1. They read once a second, at most 256 KiB. */
  readonly slowShare: number;
}

const TICK_MS = 10;
const SLOW_READ_EVERY_MS = 1_000;
const ASK_TAG = 'q';
const CAST_TAG = 'c';

/** Latencies are those of the asks, which wait behind the broadcasts. What slow readers read is not counted. */
export function startMixed(
  work: MixedWork,
  connections: readonly Connection[],
  protocol: Protocol,
  tally: Tally,
): void {
  const slow = Math.round(work.slowShare * connections.length);
  const quick = connections.slice(slow);
  for (const connection of connections.slice(0, slow)) readSlowly(connection);
  const askers = quick.map((connection) => askerOn(connection, { work, protocol, tally }));
  const cast = maskedText(protocol.emit('cast', taggedBody(work.castBytes, CAST_TAG)));
  const casters = everyTick(work.castsPerSecond, (index) => quick[index % quick.length]?.write(cast));
  const asking = everyTick(work.asksPerSecond, (index) => askers[index % askers.length]?.());
  setInterval(() => {
    casters();
    asking();
  }, TICK_MS);
}

interface Mixing {
  readonly work: MixedWork;
  readonly protocol: Protocol;
  readonly tally: Tally;
}

/** Gives what sends an ask. Answers come in the order of the asks. */
function askerOn(connection: Connection, { work, protocol, tally }: Mixing): () => void {
  const body = taggedBody(work.askBytes, ASK_TAG);
  const frame = maskedText(protocol.ask('1', body));
  countTagged(connection, ASK_TAG, protocol.replied('1', body));
  connection.reader.marks.minBytes = work.askBytes;
  const sentAt: number[] = [];
  connection.onMessages = (messages, own) => {
    const now = performance.now();
    tally.messages += messages;
    for (let index = 0; index < own; index++) tally.addLatency(now - (sentAt.shift() ?? now));
  };
  return () => {
    sentAt.push(performance.now());
    connection.write(frame);
  };
}

function readSlowly(connection: Connection): void {
  connection.pause();
  setInterval(() => connection.readOnce(), SLOW_READ_EVERY_MS);
}

/** Calls as often as the rate demands, however late the ticks come. */
function everyTick(perSecond: number, call: (index: number) => void): () => void {
  const since = performance.now();
  let called = 0;
  return () => {
    const due = ((performance.now() - since) / 1_000) * perSecond;
    while (called < due) call(called++);
  };
}
