import { RemoteError, type RemoteFacts, WsError } from './client-errors.js';
import type { ClientMessage } from './client-message.js';
import { type Incoming, textOf } from './wire.js';

/** What tells lifecycle events of a kind apart. */
export type Circumstances = Partial<Pick<ClientMessage, 'isForced' | 'isLocal' | 'isRestored' | 'isNative'>>;

/** A message as handlers see it. */
export function readMessage(fields: Partial<Incoming> & Circumstances): ClientMessage {
  const { event = '', body = '', wait } = fields;
  const json = (): unknown => {
    try {
      return JSON.parse(textOf(body));
    } catch (cause) {
      throw new WsError('BODY_NOT_JSON', { event, reason: `${cause}` }, { cause });
    }
  };
  let value: unknown = body;
  try {
    if (fields.json) value = body.length ? json() : undefined;
  } catch {} // it is no JSON: the text is all there is, and msg.json() says why
  return {
    namespace: '',
    room: '',
    isAsk: !!wait,
    isForced: false,
    isLocal: false,
    isNative: false,
    isRestored: false,
    ...fields,
    event,
    body: value,
    isBinary: typeof body !== 'string',
    json,
  };
}

/** An error as it came: a text, or from servers that say more JSON with it. */
export function readError({ errorKind, body = '' }: Partial<Incoming>): RemoteError {
  const text = textOf(body);
  try {
    if (errorKind === 2) {
      const told = JSON.parse(text) as RemoteFacts & { readonly text?: string }; // the server has marked it so
      return new RemoteError(told.text ?? text, told);
    }
  } catch {} // it is not what it is marked as: the text is all there is
  return new RemoteError(text);
}
