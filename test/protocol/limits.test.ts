import { describe, expect, it } from 'vitest';
import { DEFAULT_CONN_LIMITS, DEFAULT_NAME_LIMITS, STRICT_CONN_LIMITS } from '../../src/protocol/limits.js';

describe('DEFAULT_NAME_LIMITS', () => {
  it('cap a wait token at 64 bytes, a namespace at 128, a room at 256 and an event at 128', () => {
    expect(DEFAULT_NAME_LIMITS).toEqual({
      maxWaitBytes: 64,
      maxNamespaceBytes: 128,
      maxRoomBytes: 256,
      maxEventBytes: 128,
    });
  });
});

describe('DEFAULT_CONN_LIMITS', () => {
  it('do not bite honest use: 1 MiB messages, 1000 rooms, 64 namespaces, no rate', () => {
    expect(DEFAULT_CONN_LIMITS).toMatchObject({
      ...DEFAULT_NAME_LIMITS,
      maxMessageBytes: 1_048_576,
      maxRooms: 1_000,
      maxNamespaces: 64,
      messagesPerSecond: Number.POSITIVE_INFINITY,
    });
  });

  it('hold at most 16 frames and 64 KiB for at most 10 s before the handshake', () => {
    expect(DEFAULT_CONN_LIMITS).toMatchObject({
      maxEarlyFrames: 16,
      maxEarlyBytes: 65_536,
      handshakeTimeoutMs: 10_000,
    });
  });
});

describe('STRICT_CONN_LIMITS', () => {
  it('set a rate, with a burst of twice as many', () => {
    const { messagesPerSecond, messageBurst } = STRICT_CONN_LIMITS;

    expect([messagesPerSecond, messageBurst]).toEqual([100, 200]);
  });

  it.each(Object.keys(DEFAULT_CONN_LIMITS) as (keyof typeof DEFAULT_CONN_LIMITS)[])(
    'are a number above 0 and at most the default: %s',
    (limit) => {
      expect(STRICT_CONN_LIMITS[limit]).toBeGreaterThan(0);
      expect(STRICT_CONN_LIMITS[limit]).toBeLessThanOrEqual(DEFAULT_CONN_LIMITS[limit]);
    },
  );
});
