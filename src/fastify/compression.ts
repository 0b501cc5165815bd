import type { WebsocketPluginOptions } from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import { WsError } from '../errors.js';

/** How messages are compressed (permessage-deflate, RFC 7692). Each by itself: nothing is kept from one to the next. */
export interface CompressionOptions {
  /** Messages of the server that are smaller leave as they are, in bytes. @default 1024 */
  readonly thresholdBytes?: number;
  /** How many messages are compressed and decompressed at a time, in the whole process. @default 10 */
  readonly concurrency?: number;
  /** How hard is tried, 1 to 9: fastest to smallest. @default 6 */
  readonly level?: number;
}

type WsOptions = NonNullable<WebsocketPluginOptions['options']>;

/** What `ws` does by default, told once more: an app whose mounts say different things is refused. */
const DEFAULTS: Required<CompressionOptions> = { thresholdBytes: 1024, concurrency: 10, level: 6 };

/**
 * Who of an app compresses. `ws` has one set of parameters for all of an app, so the first mount that compresses gives them,
 * and connections of other routes are not offered any.
 */
export class Compression {
  /** What the application has told `ws` itself: it holds for every route. */
  readonly #isOfWs: boolean;
  readonly #isBounded: boolean;
  #chosen: Required<CompressionOptions> | undefined;

  constructor({ perMessageDeflate, maxPayload }: WsOptions = {}) {
    this.#isOfWs = perMessageDeflate !== undefined && perMessageDeflate !== false;
    this.#isBounded = maxPayload === undefined || maxPayload > 0;
  }

  /**
   * Notes what a mount says, and puts it into the options of `ws`, which reads them at each upgrade.
   *
   * @throws {OPTION_INVALID} where it contradicts what the app or another mount says
   */
  add(wanted: boolean | CompressionOptions | undefined, ofWs: WsOptions): void {
    if (wanted === undefined || wanted === false) return;
    const refuse = (option: string, value: unknown, expected: string): never => {
      throw new WsError('OPTION_INVALID', { option, value, expected });
    };
    if (this.#isOfWs) refuse('compression', wanted, 'left out where websocket.options.perMessageDeflate is given');
    // Without a limit for `ws` a small message could become one of any size before it is measured.
    if (!this.#isBounded) refuse('websocket.options.maxPayload', 0, 'above 0, or left out, with compression');
    const chosen = { ...DEFAULTS, ...(wanted === true ? this.#chosen : wanted) };
    const differs =
      this.#chosen && Object.entries(this.#chosen).some(([name, value]) => fieldOf(chosen, name) !== value);
    if (differs)
      refuse('compression', wanted, `true, or as another mount of the app has it: ${JSON.stringify(this.#chosen)}`);
    this.#chosen = chosen;
    ofWs.perMessageDeflate = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      threshold: chosen.thresholdBytes,
      concurrencyLimit: chosen.concurrency,
      zlibDeflateOptions: { level: chosen.level },
    };
  }

  /** Whether an upgrade is to be answered as if its client did not compress. @param wanted what its mount says; nothing for other routes */
  isWithheld(wanted: boolean | CompressionOptions | undefined): boolean {
    return this.#isOfWs ? wanted === false : wanted === undefined || wanted === false;
  }
}

const fieldOf = (options: object, name: string): unknown => Reflect.get(options, name);

/** Lets an upgrade go on as if its client had offered no extension. */
export function withholdCompression({ raw }: FastifyRequest): void {
  // Most clients that are no browsers offer none.
  if (raw.headers['sec-websocket-extensions'] !== undefined) delete raw.headers['sec-websocket-extensions'];
}
