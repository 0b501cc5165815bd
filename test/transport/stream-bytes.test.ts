import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { writtenTo } from '../../src/transport/stream-bytes.js';

describe('writtenTo', () => {
  it('tells of a write that is under way what has left of it', () => {
    const _handle = { bytesWritten: 1_000, writeQueueSize: 300 };

    expect(writtenTo({ bytesWritten: 1_200, writableLength: 1_200, _handle })).toEqual({ handed: 1_200, left: 700 });
  });

  it('looks beneath TLS, where more is written than was handed over', () => {
    const _handle = {
      bytesWritten: 1_000,
      writeQueueSize: 1_050,
      _parent: { bytesWritten: 1_050, writeQueueSize: 300 },
    };

    expect(writtenTo({ bytesWritten: 1_200, writableLength: 1_200, _handle })).toEqual({ handed: 1_250, left: 750 });
  });

  it('knows of other streams, and of those that have closed, what they say themselves', () => {
    expect(writtenTo({ bytesWritten: 1_200, writableLength: 500, _handle: null })).toEqual({
      handed: 1_200,
      left: 700,
    });
    expect(writtenTo(new Duplex())).toEqual({ handed: 0, left: 0 });
  });
});
