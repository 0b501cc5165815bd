/** What a stream of Node's network says of what is written to it. Others say a part of it, or nothing. */
export interface NetStream {
  readonly bytesWritten?: number;
  readonly writableLength?: number;
  readonly _handle?: Handle | null;
}

/**
 * What stands beneath it. Node looks there itself, to tell a long write that goes on from one that does not: `writableLength` is that
 * of the whole write until its end.
 */
interface Handle {
  readonly bytesWritten?: unknown;
  readonly writeQueueSize?: unknown;
  /** Beneath TLS. */
  readonly _parent?: Handle | null;
}

interface Written {
  /** Bytes that have been handed to a stream. */
  readonly handed: number;
  /** Of these, those that have left this process. */
  readonly left: number;
}

/** How far a stream has come with what was written to it, in bytes of the network, near enough. */
export function writtenTo({ bytesWritten = 0, writableLength = 0, _handle }: NetStream): Written {
  const wire = _handle?._parent ?? _handle;
  const begun = _handle?.bytesWritten;
  if (typeof begun !== 'number' || typeof wire?.bytesWritten !== 'number' || typeof wire.writeQueueSize !== 'number') {
    return { handed: bytesWritten, left: bytesWritten - writableLength };
  }
  return { handed: wire.bytesWritten + bytesWritten - begun, left: wire.bytesWritten - wire.writeQueueSize };
}
