import { parseJson } from '../core/body.js';
import type { Handler } from '../core/event-table.js';
import type { HandledMessage } from '../core/message-context.js';
import { isPromiseLike } from '../core/run-handler.js';
import type { EventSchemas } from '../decorators/controller-record.js';
import { BodyError, type BodyIssue, WsError } from '../errors.js';
import type { Message } from '../ports/message.js';
import { Reply } from '../ports/reply.js';
import type { StandardSchemaV1 } from '../ports/schema.js';
import { CheckedMessage } from './checked-message.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/**
 * Checks what goes into a handler and what comes out of it. The handler runs within the turn of the message where the schemas
 * are synchronous, as most are.
 */
export function checked({ body, reply, as = 'json' }: EventSchemas, origin: string, run: Handler): Handler {
  const answer = reply ? (result: unknown): unknown => checkReply(reply, origin, result) : undefined;
  return (msg, ns, scope) => {
    const handle = (checkedBody: unknown): unknown => {
      // The type says text or bytes; the schema of the event has said what it is instead, and @On has held the method to that.
      const input = body ? (new CheckedMessage(msg, checkedBody) as Message as HandledMessage) : msg;
      const result = run(input, ns, scope);
      if (!answer) return result;
      return isPromiseLike(result) ? Promise.resolve(result).then(answer) : answer(result);
    };
    if (!body) return handle(msg.body);
    const outcome = validate(body, read(msg, as), (issues) => new BodyError(issues));
    if (!isPromiseLike(outcome)) return handle(outcome);
    // Whoever waited may have been told that it took too long: the handler does not begin then.
    return Promise.resolve(outcome).then((value) => (msg.isGivenUp ? undefined : handle(value)));
  };
}

/**
 * An event without a body has none in JSON, either: the schema decides whether that will do. Who marks JSON has marked all of
 * it: an unmarked text is itself a value, be it empty, and so are bytes.
 */
function read({ body, event, mark }: HandledMessage, as: NonNullable<EventSchemas['as']>): unknown {
  if (as === 'json' && mark === 'plain') return body;
  if (as === 'json') return body.length === 0 ? undefined : parseJson(event, body);
  if (as === 'text') return typeof body === 'string' ? body : decoder.decode(body);
  return typeof body === 'string' ? encoder.encode(body) : body;
}

function checkReply(schema: StandardSchemaV1, origin: string, result: unknown): unknown {
  if (result instanceof Error) return result;
  const invalid = (issues: readonly BodyIssue[]): Error =>
    new WsError('REPLY_INVALID', {
      origin,
      reason: issues.map(({ path, message }) => `${path} ${message}`.trim()).join('; '),
    });
  if (!(result instanceof Reply)) return validate(schema, result, invalid);
  const value = validate(schema, result.body, invalid);
  return isPromiseLike(value) ? Promise.resolve(value).then((body) => new Reply(body)) : new Reply(value);
}

/** The value as the schema gives it back, or a promise of it. Throws what `invalid` makes of the issues. */
function validate(schema: StandardSchemaV1, value: unknown, invalid: (issues: readonly BodyIssue[]) => Error): unknown {
  const accept = (result: StandardSchemaV1.Result<unknown>): unknown => {
    if (result.issues) throw invalid(result.issues.map(issueOf));
    return result.value;
  };
  const result = schema['~standard'].validate(value);
  return isPromiseLike(result) ? Promise.resolve(result).then(accept) : accept(result);
}

function issueOf({ path = [], message }: StandardSchemaV1.Issue): BodyIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return { path: keys.map(String).join('.'), message };
}
