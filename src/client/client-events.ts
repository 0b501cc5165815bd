import type { SystemEvent } from '../protocol/event-names.js';
import type { Body } from '../protocol/message.js';
import type { AnyContracts, ClientHandler, ContractsOf } from './client-conn.js';
import type { AnySays, Contract, ContractOf, NameIn } from './contract.js';

/** The spellings of a lifecycle event: `onRoomJoined`, or as neffos has it `_OnRoomJoined` and `OnRoomJoined`. */
type Spelt<Name extends string> = Name extends `_On${infer Rest}` ? `on${Rest}` | `On${Rest}` | Name : never;

/** What a lifecycle handler finds as the body. Where every name may be an event there is no telling them apart. */
type LifecycleBody<Name, Hears> =
  Name extends Spelt<'_OnNativeMessage'> ? (string extends keyof Hears ? unknown : Body) : unknown;

/**
 * What a page does when something comes in a namespace, by event; lifecycle handlers go by their names, as on the server.
 *
 * @typeParam C what is said and heard in the namespace; anything when left out
 */
export type ClientEventHandlers<C extends Contract<unknown, unknown> = Contract> = {
  readonly [Event in NameIn<C['hears']>]?: ClientHandler<C['hears'][Event], C>;
} & {
  readonly [Name in Spelt<SystemEvent>]?: ClientHandler<LifecycleBody<Name, C['hears']>, C>;
};

/**
 * The map of events that `dial` is given: handlers by namespace and event. Raw messages come in the namespace `""`, as
 * `onNativeMessage`.
 *
 * @typeParam Contracts what serves the namespaces; any when left out
 */
export type ClientEvents<Contracts extends ContractsOf<Contracts> = AnyContracts> = {
  readonly [Namespace in NameIn<Contracts>]?: ClientEventHandlers<ContractOf<Contracts[Namespace]>>;
} & ('' extends keyof Contracts ? unknown : { readonly ''?: ClientEventHandlers<Contract<AnySays, NoEvents>> });

/** Raw messages have no names. */
type NoEvents = Readonly<Record<never, unknown>>;
