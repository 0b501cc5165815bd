import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Conn, type Message, Namespace, NSConn, On, type Room } from 'nefeli';
import { describe, expectTypeOf, it } from 'vitest';

interface ChatEvents {
  chat: { from: string; text: string };
  tick: undefined;
  note: string | undefined;
}

/** Never called: the compiler alone looks at it. */
function sendsWhatIsDeclared(ns: NSConn<ChatEvents>, any: NSConn): void {
  ns.emit('chat', { from: 'ada', text: 'hello' });
  ns.emit('tick');
  ns.emit('note');
  ns.broadcast('note', 'text');
  // @ts-expect-error no such event
  ns.emit('chatt', { from: 'ada', text: 'hello' });
  // @ts-expect-error a field is missing
  ns.emit('chat', { from: 'ada' });
  // @ts-expect-error the body is missing
  ns.emit('chat');
  // @ts-expect-error the event has no body
  ns.broadcastOthers('tick', 5);
  ns.room('lobby')?.broadcast('chat', { from: 'ada', text: 'hello' });
  // @ts-expect-error a room of typed events is typed, too
  ns.room('lobby')?.emit('chat', 5);
  any.emit('anything', { at: 'all' });
  any.emit('anything');
}

function broadcastsWhatIsDeclared({ nefeli }: FastifyInstance): void {
  nefeli.in<ChatEvents>('default').room('lobby').broadcast('chat', { from: 'ada', text: 'hello' });
  // @ts-expect-error no such event
  nefeli.in<ChatEvents>('default').broadcast('chatt');
  nefeli.in('default').broadcast('anything', 5);
}

class Refused {
  // @ts-expect-error a handler takes a message first
  @On('chat')
  onChat(_: number): void {}

  // @ts-expect-error only methods hear events
  @On('field')
  field = 5;
}

// @ts-expect-error an abstract class cannot be made for a connection
@Namespace('default')
abstract class Abstract {}

void [sendsWhatIsDeclared, broadcastsWhatIsDeclared, Refused, Abstract];

describe('the types', () => {
  it('let a Message be text or bytes where nothing was checked', () => {
    expectTypeOf<Message['body']>().toEqualTypeOf<string | Uint8Array>();
    expectTypeOf<ReturnType<Message['json']>>().toEqualTypeOf<unknown>();
    expectTypeOf<Message<number[]>['body']>().toEqualTypeOf<number[]>();
  });

  it('know conn.request as the Fastify request', () => {
    expectTypeOf<Conn['request']>().toExtend<FastifyRequest>();
    expectTypeOf<Conn['request']['headers']['cookie']>().toEqualTypeOf<string | undefined>();
  });

  it('know app.nefeli', () => {
    expectTypeOf<FastifyInstance['nefeli']['name']>().toEqualTypeOf<string>();
    expectTypeOf<ReturnType<FastifyInstance['nefeli']['in']>['count']>().returns.resolves.toEqualTypeOf<number>();
  });

  it('give a promise for what takes a round trip, and nothing for what does not', () => {
    expectTypeOf<NSConn['ask']>().returns.resolves.toExtend<Message>();
    expectTypeOf<NSConn['joinRoom']>().returns.resolves.toEqualTypeOf<Room>();
    expectTypeOf<NSConn['emit']>().returns.toBeVoid();
    expectTypeOf<Conn['close']>().returns.toBeVoid();
  });
});
