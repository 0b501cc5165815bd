import type { EventMap, NSConn } from '../ports/conn.js';
import type { Message } from '../ports/message.js';
import type { Reply } from '../ports/reply.js';
import type { SystemEvent } from '../protocol/event-names.js';
import type { IsOpen, Jsonified } from './jsonified.js';

/**
 * What the two ends of a namespace say to each other, seen from the client. Written by hand where no controller says it, as
 * with a server of neffos:
 *
 * ```ts
 * interface Chat {
 *   says: { chat(body: string): void; sum(body: number[]): number };
 *   hears: { chat: string; joined: { name: string } };
 * }
 * ```
 */
export interface Contract<Says = AnySays, Hears = EventMap> {
  /** The events that the client sends, as functions from the body to the reply. */
  readonly says: Says;
  /** The events that the server sends, with their bodies. */
  readonly hears: Hears;
}

/** Any events, with any bodies. */
export type AnySays = Readonly<Record<string, (body?: unknown) => unknown>>;

/**
 * The contract of what serves a namespace:
 * - `typeof ChatController`, a class. The client says what the public methods named `on…` hear, as `chat` for `onChat`. What
 *   it hears is told by the `NSConn<Emits>` of the constructor, of public properties and of handlers. Names that are given by
 *   `@On` or by a matcher are read from the static property `eventNames`.
 * - `ChatController`, its instances: the same as far as it is public, without the constructor and without `eventNames`.
 * - The type of a map of functions: its keys are the events.
 * - A {@link Contract} written by hand; `says` or `hears` alone will do.
 * - A tuple of those, where several serve the namespace.
 *
 * What nothing tells is any: all events of the server where there is no `NSConn<Emits>`, and the body of a handler without a
 * {@link Message}, for the compiler shows nobody what `@Body()` stands for.
 */
export type ContractOf<Served> = 0 extends 1 & Served
  ? Contract
  : Served extends readonly unknown[]
    ? Contract<Said<SaysOfAll<Served>>, HearsOf<EmitsOfAll<Served>>>
    : Contract<Said<SaysOf<Served>>, HearsOf<EmitsOf<Served>>>;

/** Where nothing is known of what is said, anything may be. */
type Said<Says> = unknown extends Says ? AnySays : Says;

/** The names of the events that the client sends, or hears. */
export type NameIn<Events> = keyof Events & string;

/** What comes back for an ask. */
export type ReplyTo<Say> = Say extends (...body: never) => infer Result ? Result : unknown;

/** What an event is sent with: its body, or nothing where there need be none. */
export type SaidWith<Say> = Say extends (...body: infer Body) => unknown ? Body : never;

type SaysOf<Served> = Served extends abstract new (
  ...args: never
) => infer Instance
  ? SaysOfMethods<Instance, Served extends { readonly eventNames: infer Names } ? Names : unknown>
  : IsByHand<Served> extends true
    ? SaysByHand<Served>
    : HasEventMethods<Served> extends true
      ? SaysOfMethods<Served, unknown>
      : SaysOfMap<Served>;

type SaysOfAll<All extends readonly unknown[]> = All extends readonly [infer First, ...infer Rest]
  ? SaysOf<First> & SaysOfAll<Rest>
  : unknown;

type SaysOfMethods<Instance, Names> = {
  readonly [Method in NameIn<Instance> as EventOf<Method, Names, Instance[Method]>]: SaidTo<Instance[Method]>;
};

type SaysOfMap<Map> = {
  readonly [Event in NameIn<Map> as Map[Event] extends AnyFunction ? Exclude<Event, Lifecycle> : never]: SaidTo<
    Map[Event]
  >;
};

type SaysByHand<Hand> = Hand extends { readonly says: infer Says }
  ? {
      readonly [Event in NameIn<Says>]: Says[Event] extends (...body: infer Body) => infer Result
        ? (...body: Body) => Arrived<Awaited<Result>>
        : never;
    }
  : unknown;

type AnyFunction = (...args: never) => unknown;

/** A function under one of the two names is an event of that name. */
type IsByHand<Served> = Served extends { readonly says: infer Says }
  ? Says extends AnyFunction
    ? false
    : true
  : Served extends { readonly hears: infer Hears }
    ? Hears extends AnyFunction
      ? false
      : true
    : false;

type SystemName = SystemEvent extends `_On${infer Name}` ? Name : never;

/** The names that lifecycle handlers go by. */
type Lifecycle = `${'on' | 'On' | '_on' | '_On'}${SystemName}`;

type Letter =
  | 'A'
  | 'B'
  | 'C'
  | 'D'
  | 'E'
  | 'F'
  | 'G'
  | 'H'
  | 'I'
  | 'J'
  | 'K'
  | 'L'
  | 'M'
  | 'N'
  | 'O'
  | 'P'
  | 'Q'
  | 'R'
  | 'S'
  | 'T'
  | 'U'
  | 'V'
  | 'W'
  | 'X'
  | 'Y'
  | 'Z';

/** The event that a method hears by its own name. */
type CanonicalName<Method> = Method extends Lifecycle
  ? never
  : Method extends `${'on' | 'On'}${infer Name}`
    ? Name extends `${Letter}${string}`
      ? Uncapitalize<Name>
      : never
    : never;

/** The events that a method hears: those that `eventNames` tells of, or that of its own name. */
type EventOf<Method extends string, Names, Type> = Type extends AnyFunction
  ? Method extends keyof Names
    ? Listed<Names[Method]>
    : CanonicalName<Method>
  : never;

/** A text that is not known exactly names nothing: `as const` is missing. */
type Listed<Names> = Names extends string
  ? string extends Names
    ? never
    : Names
  : Names extends readonly (infer Name)[]
    ? Listed<Name>
    : never;

type HasEventMethods<Served> = [CanonicalName<keyof Served>] extends [never] ? false : true;

/** A handler, as the client sees it. */
type SaidTo<Method> = Method extends (...args: infer Args) => infer Result
  ? (...body: BodyArgs<BodyIn<Args>>) => Arrived<Awaited<Result>>
  : never;

/** A handler without a message does not care: any body, or none. */
type BodyArgs<Body> = [Body] extends [never]
  ? [body?: unknown]
  : undefined extends Body
    ? [body?: Sent<Body>]
    : [body: Sent<Body>];

type BodyIn<Args extends readonly unknown[]> = { [Index in keyof Args]-?: BodyOf<Args[Index]> }[number];

type BodyOf<Arg> = IsOpen<Arg> extends true ? never : NonNullable<Arg> extends Message<infer Body> ? Body : never;

/** What can be sent for a handler to get this: the value, or what JSON makes of it. */
type Sent<T> = IsOpen<T> extends true ? T : T extends Bytes ? Bytes : T extends Jsonified<T> ? T : T | Jsonified<T>;

type Bytes = Uint8Array | ArrayBuffer | ArrayBufferView;

/** What a value is when it has crossed the wire: text as text, bytes as `Uint8Array`, nothing as `undefined`, the rest as JSON. */
export type Arrived<T> =
  IsOpen<T> extends true
    ? T
    : T extends Reply<infer Body>
      ? Arrived<Body>
      : T extends Error
        ? never
        : T extends Bytes
          ? Uint8Array
          : T extends void
            ? undefined
            : Jsonified<T>;

/** The events that the server sends, as it has them. `never` where nothing tells. */
type EmitsOf<Served> = Served extends abstract new (
  ...args: infer Args
) => infer Instance
  ? EmitsIn<Args> | EmitsOfMembers<Instance>
  : IsByHand<Served> extends true
    ? Served extends { readonly hears: infer Hears }
      ? Known<Hears>
      : never
    : EmitsOfMembers<Served>;

type EmitsOfAll<All extends readonly unknown[]> = { [Index in keyof All]: EmitsOf<All[Index]> }[number];

type EmitsOfMembers<Instance> = {
  [Key in keyof Instance]: Instance[Key] extends (...args: infer Args) => unknown
    ? EmitsIn<Args>
    : EmitsBy<Instance[Key]>;
}[keyof Instance];

type EmitsIn<Args extends readonly unknown[]> = { [Index in keyof Args]-?: EmitsBy<Args[Index]> }[number];

type EmitsBy<T> = IsOpen<T> extends true ? never : NonNullable<T> extends NSConn<infer Emits> ? Known<Emits> : never;

/** A list of any events tells nothing. */
type Known<Emits> = string extends keyof Emits ? never : Emits;

/** Several lists are one: where two have the same event it carries the one body or the other. */
type HearsOf<Emits> = [Emits] extends [never]
  ? EventMap
  : { readonly [Event in KeyOfEach<Emits> & string]: Arrived<BodyOfEach<Emits, Event>> };

type KeyOfEach<Union> = Union extends unknown ? keyof Union : never;

type BodyOfEach<Union, Event> = Union extends unknown ? (Event extends keyof Union ? Union[Event] : never) : never;
