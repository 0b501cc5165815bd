import { WsError } from '../../errors.js';

/** What can be chosen about an adapter, whatever its broker. */
export interface BrokerAdapterOptions {
  /**
   * The name of the application: every channel begins with it, so that two applications may share a broker. Letters, digits, `-`
   * and `_`, at most 64.
   */
  readonly app: string;
  /**
   * Signs what servers send each other (HMAC-SHA-256). Everything else is dropped: of whoever may publish at the broker and does not
   * know the secret. The same for all servers. @default none: whoever may publish is believed
   */
  readonly secret?: string;
  /**
   * What happens when the broker cannot be reached at start: `'fail'` rejects, `'degrade'` goes on alone and tries for it.
   * @default 'fail'
   */
  readonly whenDown?: 'fail' | 'degrade';
  /**
   * Bytes of broadcasts and events that may wait while the broker is down. What does not fit is refused: counted as
   * `adapter.failed`, and not sent. 0 refuses all of it. @default 16 MiB
   */
  readonly maxQueueBytes?: number;
}

const DEFAULT_MAX_QUEUE_BYTES = 16 * 1024 * 1024;

/** Puts the defaults in place. @throws {OPTION_INVALID} */
export function checkBrokerOptions(options: BrokerAdapterOptions): Required<BrokerAdapterOptions> {
  const { app, secret = '', whenDown = 'fail', maxQueueBytes = DEFAULT_MAX_QUEUE_BYTES } = options;
  mustBe('app', app, "a name of letters, digits, '-' and '_', at most 64", /^[\w-]{1,64}$/.test(String(app)));
  mustBe('secret', typeof secret, 'a text that is not empty', typeof secret === 'string' && options.secret !== '');
  mustBe('whenDown', whenDown, "'fail' or 'degrade'", ['fail', 'degrade'].includes(whenDown));
  mustBe('maxQueueBytes', maxQueueBytes, 'a number of bytes from 0 on', maxQueueBytes >= 0);
  return { app, secret, whenDown, maxQueueBytes };
}

function mustBe(option: string, value: unknown, expected: string, fits: boolean): void {
  if (!fits) throw new WsError('OPTION_INVALID', { option: `${option} of the adapter`, value, expected });
}
