/** The longest header of a frame: two bytes, eight of length, four of mask. @source RFC 6455, section 5.2 */
const MAX_HEADER_BYTES = 14;
const MASK_BYTES = 4;
const TWO_TO_32 = 2 ** 32;

/**
 * Follows frames that somebody else reads, by their headers alone: it knows how much has passed of a message that is not whole, and
 * since when.
 * Frames that break the rules need not be followed: whoever reads them ends the connection.
 */
export class FrameTracker {
  readonly #header = Buffer.alloc(MAX_HEADER_BYTES);
  #headerBytes = 0;
  /** How much of the payload of the current frame has not passed yet. */
  #missingBytes = 0;
  #isFragmented = false;
  #bytes = 0;
  #sinceMs = performance.now();

  /** Bytes that have passed since the last message has ended, or since the first. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How long ago they have begun to pass, or it was restarted. */
  get ageMs(): number {
    return performance.now() - this.#sinceMs;
  }

  /** What has passed until now took no time. */
  restart(): void {
    this.#sinceMs = performance.now();
  }

  /** Whether nothing has passed but whole messages and control frames. */
  get isBetweenMessages(): boolean {
    return this.#headerBytes === 0 && this.#missingBytes === 0 && !this.#isFragmented;
  }

  /** @returns whether a message has ended in it, or a control frame between two: what follows is counted anew */
  pass(chunk: Buffer): boolean {
    let end = 0;
    for (let at = 0; at < chunk.length; ) {
      at = this.#missingBytes > 0 ? this.#passPayload(chunk, at) : this.#passHeader(chunk, at);
      if (this.isBetweenMessages) end = at;
    }
    if (end === 0) {
      this.#bytes += chunk.length;
      return false;
    }
    this.#bytes = chunk.length - end;
    this.restart();
    return true;
  }

  /** @returns where what follows begins */
  #passPayload(chunk: Buffer, at: number): number {
    const passed = Math.min(this.#missingBytes, chunk.length - at);
    this.#missingBytes -= passed;
    return at + passed;
  }

  #passHeader(chunk: Buffer, at: number): number {
    this.#header[this.#headerBytes] = chunk[at] ?? 0;
    this.#headerBytes += 1;
    if (this.#headerBytes >= 2 && this.#headerBytes === this.#fullHeaderBytes) this.#begin();
    return at + 1;
  }

  get #length7(): number {
    return (this.#header[1] ?? 0) & 0x7f;
  }

  get #fullHeaderBytes(): number {
    const lengthBytes = this.#length7 === 127 ? 8 : this.#length7 === 126 ? 2 : 0;
    const isMasked = ((this.#header[1] ?? 0) & 0x80) !== 0;
    return 2 + lengthBytes + (isMasked ? MASK_BYTES : 0);
  }

  #begin(): void {
    const first = this.#header[0] ?? 0;
    const isControl = (first & 0x08) !== 0;
    if (!isControl) this.#isFragmented = (first & 0x80) === 0;
    if (this.#length7 < 126) this.#missingBytes = this.#length7;
    else if (this.#length7 === 126) this.#missingBytes = this.#header.readUInt16BE(2);
    else this.#missingBytes = this.#header.readUInt32BE(2) * TWO_TO_32 + this.#header.readUInt32BE(6);
    this.#headerBytes = 0;
  }
}
