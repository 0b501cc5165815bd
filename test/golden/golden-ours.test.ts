import { describe, expect, it } from 'vitest';
import type { MemorySocket } from '../support/memory-socket.js';
import { settle } from '../support/test-server.js';
import { serverFor } from './golden-server.js';
import { type Peer, replay } from './replay.js';
import { TRANSCRIPTS } from './transcripts.js';

/** More turns of the event loop than anything takes that waits for nothing outside. */
const MAX_TURNS = 50;

function peerOf(socket: MemorySocket): Peer {
  return {
    received: socket.sent,
    get closedWith() {
      return socket.closedWith;
    },
    send: (data) => socket.receive(data),
    until: async (condition) => {
      for (let turn = 0; turn < MAX_TURNS && !condition(); turn++) await settle();
      expect(condition(), `enough has come; so far: ${socket.sent.join(' | ')}`).toBe(true);
    },
    close: () => socket.receiveClose(),
  };
}

describe('Server, on the golden transcripts', () => {
  it.each(TRANSCRIPTS)('$name', async (transcript) => {
    const { accept } = serverFor(transcript);

    await replay(transcript, 'ours', async () => peerOf(accept({ id: 'id1' }).socket));
  });
});

describe('the golden transcripts', () => {
  const differences = TRANSCRIPTS.flatMap(({ steps }) => steps).flatMap(({ neffos, ours }) =>
    ours ? [{ neffos, ours }] : [],
  );

  it('give a reason, and rules of the eleven, for every difference from neffos', () => {
    expect(differences.length).toBeGreaterThan(0);
    for (const { ours } of differences) {
      expect(ours.rules.filter((rule) => rule >= 1 && rule <= 11)).toEqual(ours.rules);
      expect([ours.rules.length, ours.why.length]).not.toContain(0);
    }
  });

  it('name no difference where there is none', () => {
    for (const { neffos, ours } of differences) {
      const { rules: _rules, why: _why, ...outcome } = ours;

      expect(outcome).not.toEqual(neffos);
    }
  });
});
