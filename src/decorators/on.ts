import { WsError } from '../errors.js';
import type { Message } from '../ports/message.js';
import type { Reply } from '../ports/reply.js';
import type { StandardSchemaV1 } from '../ports/schema.js';
import { checkSchemas, refuseStatic } from './check-decorator.js';
import { type EventSchemas, recordOf } from './controller-record.js';
import { refuseStandard } from './refuse-standard.js';

/** A method that hears an event, and what it replies: to an ask, or by `reply()` to a plain emit, too. */
// biome-ignore lint/suspicious/noExplicitAny: what a parameter gets is judged below, or said by its decorator
type EventMethod<Out> = (...args: any[]) => Out | Reply<Out> | Promise<Out | Reply<Out>>;

type EventDecorator<In, Out> = <Method extends EventMethod<Out>>(
  prototype: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method> & Judged<Parameters<Method>, In>,
) => void;

/**
 * Holds each parameter that is a `Message<T>` to what the event gives. Others are not judged: decorators of parameters say
 * what those get, and the compiler shows them to nobody.
 */
type Judged<Params extends readonly unknown[], In> = false extends {
  [Index in keyof Params]: Fits<Params[Index], In>;
}[number]
  ? MessageMisfit<In>
  : unknown;

/** `false` for a message that this event does not give; anything else will do. */
type Fits<Param, In> = 0 extends 1 & Param
  ? true
  : [NonNullable<Param>] extends [Message<unknown>]
    ? Message<In> extends Param
      ? true
      : false
    : true;

/** Never given: the compiler names it where a `Message<T>` is not what the event gives. */
interface MessageMisfit<In> {
  readonly theMessageOfThisEventIs: Message<In>;
}

/** The schemas of an event, as {@link EventSchemas} says. */
interface TypedSchemas<BodySchema extends StandardSchemaV1, ReplySchema extends StandardSchemaV1> {
  readonly body?: BodySchema;
  readonly reply?: ReplySchema;
  readonly as?: NonNullable<EventSchemas['as']>;
}

/** A body that nothing has checked. */
type Body = Message['body'];

type OutputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : never;
type InputOf<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Schema> : never;

/**
 * Runs the method when an event of exactly this name arrives, instead of the names that the method's own name stands for.
 *
 * With a schema (zod, valibot, ArkType, or any other Standard Schema) the handler gets the checked value as `msg.body`. What
 * does not fit is answered with a {@link BodyError}, and the handler is not called. A `Message<T>` that the schema does
 * not give is refused by the compiler, whichever parameter it is.
 *
 * ```ts
 * @On('sum', { body: z.array(z.number()) })
 * onSum(msg: Message<number[]>) { return msg.body.reduce((a, b) => a + b, 0); }
 *
 * @On('product', { body: z.array(z.number()) })
 * onProduct(@Body() factors: number[]) { return factors.reduce((a, b) => a * b, 1); }
 * ```
 *
 * @param event a name of one's own, or a system event of neffos (`_OnRoomJoined`)
 * @throws {OPTION_INVALID} for a name that is no text, as without parentheses, or a schema that is none
 * @throws {HANDLER_NOT_METHOD} on a class or a static method
 */
export function On(event: string): EventDecorator<Body, unknown>;
export function On<BodySchema extends StandardSchemaV1, ReplySchema extends StandardSchemaV1>(
  event: string,
  schemas: TypedSchemas<BodySchema, ReplySchema>,
): EventDecorator<
  StandardSchemaV1 extends BodySchema ? Body : OutputOf<BodySchema>,
  StandardSchemaV1 extends ReplySchema ? unknown : InputOf<ReplySchema>
>;
export function On(event: string, schemas?: EventSchemas): (prototype: object, method: string) => void {
  // Without parentheses the method would be replaced by what is returned here, and nobody hears of it where no types are checked.
  if (typeof event !== 'string') {
    const expected = "a text in parentheses: @On('chat')";
    throw new WsError('OPTION_INVALID', { option: 'event of @On(…)', value: event, expected });
  }
  checkSchemas(event, schemas);
  return (prototype, method) => {
    refuseStandard('@On(…)', method);
    refuseStatic(`@On('${event}')`, prototype, method);
    recordOf(prototype.constructor).events.push({ method, event, ...(schemas && { schemas }) });
  };
}
