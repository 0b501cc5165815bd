import type { Message, NSConn, Reply } from 'nefeli';
import type { Contract, ContractOf } from 'nefeli/client';
import { describe, expectTypeOf, it } from 'vitest';
import type { ChatController, ChatEvents } from './served.js';

type Chat = ContractOf<typeof ChatController>;
type Says = Chat['says'];
type Bytes = Uint8Array | ArrayBuffer | ArrayBufferView;

describe('the contract of a class', () => {
  it('has an event for each method named on…, under the name that goes without, and for each of eventNames', () => {
    expectTypeOf<keyof Says>().toEqualTypeOf<
      | ('chat' | 'nothing' | 'text' | 'bytes' | 'later' | 'maybe' | 'when' | 'picture' | 'decorated' | 'typed')
      | ('sum' | 'one' | 'two' | 'any name')
    >();
  });

  it('takes the body from the Message of the handler', () => {
    expectTypeOf<Parameters<Says['sum']>>().toEqualTypeOf<[body: number[]]>();
    expectTypeOf<Parameters<Says['maybe']>>().toEqualTypeOf<[body?: number | undefined]>();
  });

  it('takes text or bytes where the Message has no type of its own', () => {
    expectTypeOf<Parameters<Says['chat']>>().toEqualTypeOf<[body: string | Bytes]>();
    expectTypeOf<Parameters<Says['picture']>>().toEqualTypeOf<[body: Bytes]>();
  });

  it('takes what JSON makes of a value as well as the value', () => {
    expectTypeOf<Parameters<Says['when']>>().toEqualTypeOf<[body: Date | string]>();
  });

  it('takes anything, or nothing, where no parameter is a Message', () => {
    expectTypeOf<Parameters<Says['nothing']>>().toEqualTypeOf<[body?: unknown]>();
    expectTypeOf<Parameters<Says['decorated']>>().toEqualTypeOf<[body?: unknown]>();
  });

  it('gives what is returned, as it arrives', () => {
    expectTypeOf<ReturnType<Says['sum']>>().toEqualTypeOf<number>();
    expectTypeOf<ReturnType<Says['text']>>().toEqualTypeOf<string>();
    expectTypeOf<ReturnType<Says['chat']>>().toEqualTypeOf<undefined>();
    expectTypeOf<ReturnType<Says['bytes']>>().toEqualTypeOf<Uint8Array>();
    expectTypeOf<ReturnType<Says['maybe']>>().toEqualTypeOf<boolean | undefined>();
    expectTypeOf<ReturnType<Says['any name']>>().toEqualTypeOf<null>();
    expectTypeOf<ReturnType<Says['later']>>().toEqualTypeOf<{ at: string; of: Record<string, never> }>();
  });

  it('hears what the NSConn of the constructor and of handlers sends, as it arrives', () => {
    expectTypeOf<Chat['hears']>().toEqualTypeOf<{
      readonly chat: { from: string; at: string };
      readonly text: string;
      readonly pic: Uint8Array;
      readonly tick: undefined;
      readonly typed: number;
    }>();
  });
});

/** What is in the type alone. */
declare class Told {
  static readonly eventNames: { readonly onSecret: readonly []; readonly onVague: string };
  readonly ns: NSConn<ChatEvents>;
  readonly other?: NSConn<{ chat: number; more: boolean }>;
  onSecret(msg: Message<number>): void;
  onVague(msg: Message<number>): void;
  OnLoud(msg?: Message<boolean>): Promise<Reply<Date> | Error>;
  // biome-ignore lint/suspicious/noExplicitAny: what it stays
  onAny(msg: Message<unknown>, other: any): any;
  on(msg: Message): void;
  on1(msg: Message): void;
  onlineUsers(msg: Message): void;
  onRoomJoined(msg: Message): void;
  OnNamespaceConnect(msg: Message): void;
  _OnRoomLeave(msg: Message): void;
  readonly onField: number;
}

describe('the contract of what only looks like a handler', () => {
  it('has no lifecycle events, no other methods, and no fields', () => {
    expectTypeOf<keyof ContractOf<typeof Told>['says']>().toEqualTypeOf<'loud' | 'any'>();
  });

  it('has no method that eventNames gives an empty list, or a text that is not known exactly', () => {
    expectTypeOf<ContractOf<typeof Told>['says']>().not.toHaveProperty('secret');
    expectTypeOf<ContractOf<typeof Told>['says']>().not.toHaveProperty('vague');
  });

  it('gives what a Reply holds, and never a returned Error', () => {
    type Loud = ContractOf<typeof Told>['says']['loud'];
    expectTypeOf<Loud>().toEqualTypeOf<(body: boolean) => string>();
  });

  it('leaves open what is open', () => {
    type Any = ContractOf<typeof Told>['says']['any'];
    expectTypeOf<Parameters<Any>>().toEqualTypeOf<[body?: unknown]>();
    expectTypeOf<ReturnType<Any>>().toBeAny();
  });

  it('hears the events of all public NSConns, and either body where two have one event', () => {
    type Hears = ContractOf<typeof Told>['hears'];
    expectTypeOf<keyof Hears>().toEqualTypeOf<keyof ChatEvents | 'more'>();
    expectTypeOf<Hears['chat']>().toEqualTypeOf<number | { from: string; at: string }>();
  });
});

describe('the contract of an instance', () => {
  it('is that of its class, without eventNames and without what is private', () => {
    type Instance = ContractOf<ChatController>;
    expectTypeOf<keyof Instance['says']>().toEqualTypeOf<
      Exclude<keyof Says, 'sum' | 'one' | 'two' | 'any name'> | 'total' | 'many'
    >();
    expectTypeOf<Instance['says']['later']>().toEqualTypeOf<Says['later']>();
    expectTypeOf<Instance['hears']>().toEqualTypeOf<{ readonly typed: number }>();
    expectTypeOf<ContractOf<Told>['hears']>().toEqualTypeOf<ContractOf<typeof Told>['hears']>();
  });
});

describe('the contract of a map of functions', () => {
  const map = {
    chat: (msg: Message, ns: NSConn<ChatEvents>): void => ns.broadcast('text', String(msg.body)),
    sum: async (msg: Message): Promise<number> => (msg.json() as number[]).length, // a map has no schema
    online: () => new Set([1]),
    onRoomJoin: () => undefined,
  };

  it('has its keys as events, but for lifecycle handlers', () => {
    type Map = ContractOf<typeof map>;
    expectTypeOf<Map['says']>().toEqualTypeOf<{
      readonly chat: (body: string | Bytes) => undefined;
      readonly sum: (body: string | Bytes) => number;
      readonly online: (body?: unknown) => Record<string, never>;
    }>();
    expectTypeOf<Map['hears']>().toEqualTypeOf<Pick<Chat['hears'], keyof ChatEvents>>();
  });
});

describe('a contract that is written by hand', () => {
  interface Go {
    says: { chat(body: string): void; sum(body: number[]): Promise<number>; ping(): void };
    hears: { chat: string; tick: undefined };
  }

  it('is what it says, with replies as they arrive', () => {
    expectTypeOf<ContractOf<Go>>().toEqualTypeOf<
      Contract<
        {
          readonly chat: (body: string) => undefined;
          readonly sum: (body: number[]) => number;
          readonly ping: () => undefined;
        },
        { readonly chat: string; readonly tick: undefined }
      >
    >();
  });

  it('is open where it says nothing', () => {
    expectTypeOf<ContractOf<{ says: { chat(body: string): void } }>['hears']>().toEqualTypeOf<Contract['hears']>();
    expectTypeOf<ContractOf<{ hears: { chat: string } }>['says']>().toEqualTypeOf<Contract['says']>();
    expectTypeOf<ContractOf<Contract>>().toEqualTypeOf<Contract>();
  });

  it('is none where the names stand for functions: those are events of a map', () => {
    expectTypeOf<ContractOf<{ says: () => string; hears: () => void }>['says']>().toEqualTypeOf<{
      readonly says: (body?: unknown) => string;
      readonly hears: (body?: unknown) => undefined;
    }>();
  });
});

describe('the contract of several together', () => {
  it('has the events of all', () => {
    type Together = ContractOf<[typeof ChatController, typeof Told, { hears: { extra: bigint } }]>;
    expectTypeOf<Together['says']>().toExtend<Says & { readonly loud: (body: boolean) => string }>();
    expectTypeOf<keyof Together['hears']>().toEqualTypeOf<keyof Chat['hears'] | 'more' | 'extra'>();
  });
});

describe('the contract of what nobody knows', () => {
  it('is any', () => {
    // biome-ignore lint/suspicious/noExplicitAny: what it is about
    expectTypeOf<ContractOf<any>>().toEqualTypeOf<Contract>();
  });
});

declare class Silent {
  constructor(ns: NSConn);
  onChat(msg: Message): void;
}

describe('a controller whose NSConn says nothing', () => {
  it('may send anything', () => {
    expectTypeOf<ContractOf<typeof Silent>['hears']>().toEqualTypeOf<Contract['hears']>();
  });
});
