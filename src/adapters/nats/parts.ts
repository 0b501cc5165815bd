/** The header of a message that is one part of a packet: `<id> <index> <count>`. */
export const PART_HEADER = 'Nefeli-Part';

/** What the header takes of what one message may hold: it counts as a part of that. */
const HEADER_BYTES = 128;

/** The most parts that a packet may have, and that may wait for the rest of their packets here. */
const MAX_PARTS = 4_096;
const MAX_WAITING_PACKETS = 64;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** One part of a packet, on its way. */
export interface Part {
  readonly header: string;
  readonly bytes: Uint8Array;
}

/** Cuts a packet into parts that each fit into one message. */
export function toParts(id: string, bytes: Uint8Array, maxBytes: number): Part[] {
  const size = Math.max(1, maxBytes - HEADER_BYTES);
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) => ({
    header: `${id} ${index} ${count}`,
    bytes: bytes.subarray(index * size, (index + 1) * size),
  }));
}

interface Waiting {
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Puts packets together again. Those whose parts do not all come give way to newer ones. */
export class PartsJoiner {
  /** By channel and id, the oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  /** How many bytes wait for the rest of their packets. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /**
   * Takes the next part.
   *
   * @returns the packet, when this was its last part; the bytes as they are when the header makes no sense
   */
  take(channel: string, { header, bytes }: Part): Uint8Array | undefined {
    const [, id = '', indexText = '', countText = ''] = /^(\S{1,64}) (\d{1,6}) (\d{1,6})$/.exec(header) ?? [];
    const [index, count] = [Number(indexText), Number(countText)];
    if (id === '' || index >= count || count > MAX_PARTS) return bytes;
    const key = `${channel} ${id}`;
    if (index === 0) this.#add(key, { parts: [], bytes: 0 });
    const waiting = this.#waiting.get(key);
    // The first ones were sent before this channel was subscribed, or have given way.
    if (!waiting || waiting.parts.length !== index) return this.#drop(key);
    waiting.parts.push(Uint8Array.from(bytes));
    waiting.bytes += bytes.length;
    this.#bytes += bytes.length;
    if (index < count - 1) return this.#makeRoom();
    this.#drop(key);
    return Buffer.concat(waiting.parts);
  }

  #add(key: string, waiting: Waiting): void {
    this.#drop(key);
    this.#waiting.set(key, waiting);
  }

  #drop(key: string): undefined {
    this.#bytes -= this.#waiting.get(key)?.bytes ?? 0;
    this.#waiting.delete(key);
  }

  #makeRoom(): undefined {
    for (const key of this.#waiting.keys()) {
      if (this.#waiting.size <= MAX_WAITING_PACKETS && this.#bytes <= MAX_WAITING_BYTES) return;
      this.#drop(key);
    }
  }
}
