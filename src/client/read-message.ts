import type { WireMessage } from '../protocol/message.js';
import { parseJsonText } from '../protocol/parse-json.js';
import { WsError } from './client-errors.js';
import type { ClientMessage } from './client-message.js';

/** What tells lifecycle events of a kind apart. */
export type Circumstances = Partial<Pick<ClientMessage, 'isAsk' | 'isForced' | 'isLocal' | 'isRestored' | 'isNative'>>;

const decoder = new TextDecoder();

/** A message as handlers see it. */
export function readMessage(message: Partial<WireMessage>, circumstances?: Circumstances): ClientMessage {
  const { namespace = '', room = '', event = '', body = '', wait } = message;
  const json = (): unknown => {
    try {
      return parseJsonText(typeof body === 'string' ? body : decoder.decode(body));
    } catch (cause) {
      throw new WsError('BODY_NOT_JSON', { event, reason: String(cause) }, 'not JSON', { cause });
    }
  };
  let value: unknown = body;
  try {
    if (message.json) value = body.length ? json() : undefined;
  } catch {} // it is no JSON: the text is all there is, and msg.json() says why
  return {
    ...{ namespace, room, event, json },
    body: value,
    isBinary: typeof body !== 'string',
    isAsk: !!wait,
    isForced: false,
    isLocal: false,
    isNative: false,
    isRestored: false,
    ...circumstances,
  };
}
