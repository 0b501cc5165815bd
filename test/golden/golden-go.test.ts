import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FrameData } from '../../src/protocol/message.js';
import { buildGo, GO_BUILD_TIMEOUT_MS, type GoServer, goAvailable, startGoServer } from '../support/go.js';
import { type Dial, type Peer, replay } from './replay.js';
import { TRANSCRIPTS, type Transcript } from './transcripts.js';

const PATHS = { golden: '/', mixed: '/scenarios', native: '/native' } as const;
const QUERIES = { refuse: '&refuse=1', force: '&force=default' } as const;

/** How long the next frame may take to come over the loopback. */
const PATIENCE_MS = 5_000;

const urlOf = ({ server, onConnect }: Transcript): string =>
  `${PATHS[server]}?id=id1${onConnect ? QUERIES[onConnect] : ''}`;

async function dial(url: string): Promise<Peer> {
  const socket = new WebSocket(url);
  const received: FrameData[] = [];
  let closedWith: Peer['closedWith'];
  let changed = (): void => {};
  socket.on('message', (data, isBinary) => {
    received.push(isBinary ? new Uint8Array(data as Buffer) : String(data)); // one Buffer is what ws gives by default
    changed();
  });
  socket.on('close', (code, reason) => {
    closedWith = { code, reason: String(reason) };
    changed();
  });
  await once(socket, 'open');
  return {
    received,
    get closedWith() {
      return closedWith;
    },
    send: (data) => socket.send(data),
    until: (condition) =>
      new Promise((resolve, reject) => {
        const tooLate = (): void => reject(new Error(`nothing more has come; so far: ${received.join(' | ')}`));
        const timer = setTimeout(tooLate, PATIENCE_MS);
        changed = () => {
          if (!condition()) return;
          clearTimeout(timer);
          resolve();
        };
        changed();
      }),
    close: () => socket.terminate(),
  };
}

const canRun = goAvailable();
const title = canRun
  ? 'neffos in Go, on the golden transcripts'
  : 'neffos in Go, on the golden transcripts (skipped: Go is not installed here)';

describe.skipIf(!canRun)(title, () => {
  let server: GoServer;
  let dialFor: Dial;

  beforeAll(async () => {
    await buildGo();
    server = await startGoServer();
    dialFor = (transcript) => dial(server.url + urlOf(transcript));
  }, GO_BUILD_TIMEOUT_MS);

  afterAll(() => server.stop());

  it.each(TRANSCRIPTS)('$name', async (transcript) => {
    expect(transcript.steps.length).toBeGreaterThan(0);
    await replay(transcript, 'neffos', dialFor);
  });
});
