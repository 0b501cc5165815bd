import { WsError } from '../errors.js';
import type { NSConn } from '../ports/conn.js';
import type { Middleware } from '../ports/middleware.js';
import type { NamespaceBehaviour } from '../ports/namespace-options.js';
import { SystemEvent } from '../protocol/event-names.js';

import { around } from './around.js';
import type { EventEntry, EventTable, Handler, LifecycleEvent, NamespaceTable } from './event-table.js';
import { agreedBehaviour } from './namespace-behaviour.js';

import { isPromiseLike } from './run-handler.js';

/** What one controller, or one map, brings into a namespace. */
export interface Part {
  readonly namespace: string;
  /** Who brings it, for messages. */
  readonly owner: string;
  readonly members: readonly Member[];
  /** How messages of the namespace are handled; as another part of it says where something is left out. */
  readonly behaviour?: NamespaceBehaviour | undefined;
  /** Stands around each of the members, and around connecting the namespace and joining its rooms. The first is outermost. */
  readonly middleware?: readonly Middleware[];
  /** Makes what the members of this part are run with for one connection; without it they need nothing. */
  readonly open?: (ns: NSConn) => unknown;
  readonly close?: (scope: unknown) => void | Promise<void>;
}

/** One handler that a part brings, and what it hears. */
export interface Member {
  /** Where it is written, for messages: `ChatController.onChat`. */
  readonly origin: string;
  /** The system event that it hears, or the names of the event that reach it, the canonical one first. */
  readonly hears: SystemEvent | readonly string[];
  /** Stands around this member alone, inside of the part's. */
  readonly middleware?: readonly Middleware[];
  /** @param scope what this part's own `open` has made */
  readonly run: Handler;
}

interface Draft {
  readonly namespace: string;
  readonly events: Map<string, EventEntry & { readonly origin: string }>;
  readonly lifecycle: Map<LifecycleEvent, Handler[]>;
  readonly parts: Part[];
  readonly middleware: readonly Middleware[];
  any?: EventEntry & { readonly origin: string };
  native?: EventEntry & { readonly origin: string };
}

/** Middleware for every namespace, and for single ones inside of that. */
export interface TableMiddleware {
  readonly all: readonly Middleware[];
  readonly ofNamespace: ReadonlyMap<string, readonly Middleware[]>;
}

const NO_MIDDLEWARE: TableMiddleware = { all: [], ofNamespace: new Map() };

/** Puts controllers and maps together into the table of namespaces. Refuses, at start, what could not work. */
export function buildTable(parts: readonly Part[], middleware: TableMiddleware = NO_MIDDLEWARE): EventTable {
  if (parts.length === 0) throw new WsError('NOTHING_SERVED', {});
  const drafts = new Map<string, Draft>();
  for (const part of parts) {
    const draft = drafts.get(part.namespace) ?? newDraft(part.namespace, middleware);
    drafts.set(part.namespace, draft);
    const index = draft.parts.push(part) - 1;
    for (const member of part.members) addMember(draft, part, member, index);
  }
  return new Map([...drafts.values()].map((draft) => [draft.namespace, finish(draft)]));
}

const newDraft = (namespace: string, { all, ofNamespace }: TableMiddleware): Draft => ({
  namespace,
  events: new Map(),
  lifecycle: new Map(),
  parts: [],
  middleware: [...all, ...(ofNamespace.get(namespace) ?? [])],
});

/** A scope holds what each part has made, in the order of the parts; a member is run with that of its own part. */
function addMember(draft: Draft, part: Part, member: Member, index: number): void {
  const { origin, hears } = member;
  const own: Handler = (msg, ns, scope) => member.run(msg, ns, (scope as readonly unknown[] | undefined)?.[index]);
  const { middleware = [] } = member;
  // What stands around the whole namespace stands around all who hear of it together: once, and not once for each.
  if (typeof hears === 'string' && isLifecycle(hears)) return addLifecycleMember(draft, hears, around(middleware, own));
  const run = around([...draft.middleware, ...(part.middleware ?? []), ...middleware], own);
  if (typeof hears === 'string') return addCatchAll(draft, hears, { origin, run });
  const name = hears[0] ?? '';
  for (const spelling of hears) {
    const other = draft.events.get(spelling);
    if (other) throw duplicate(draft, spelling, other.origin, origin);
    draft.events.set(spelling, { name, run, origin });
  }
}

const isLifecycle = (event: SystemEvent): event is LifecycleEvent =>
  event !== SystemEvent.AnyEvent && event !== SystemEvent.NativeMessage;

/** Several controllers of one namespace may all want to know: each is told, in the order in which they are given. */
function addLifecycleMember({ lifecycle }: Draft, event: LifecycleEvent, run: Handler): void {
  lifecycle.set(event, [...(lifecycle.get(event) ?? []), run]);
}

function addCatchAll(draft: Draft, event: SystemEvent, { origin, run }: { origin: string; run: Handler }): void {
  const place = event === SystemEvent.AnyEvent ? 'any' : 'native';
  if (place === 'native' && draft.namespace !== '')
    throw new WsError('NATIVE_MISPLACED', { namespace: draft.namespace });
  const other = draft[place];
  if (other) throw duplicate(draft, event, other.origin, origin);
  draft[place] = { name: event, run, origin };
}

const duplicate = ({ namespace }: Draft, event: string, first: string, second: string): WsError =>
  new WsError('EVENT_DUPLICATE', { namespace, event, first, second });

function finish(draft: Draft): NamespaceTable {
  const { namespace, events, any, native, parts } = draft;
  const lifecycle = new Map([...draft.lifecycle].map(([event, runs]) => [event, inTurn(runs)]));
  const middleware = [...draft.middleware, ...parts.flatMap((part) => part.middleware ?? [])];
  for (const event of GUARDED) {
    // Also where nothing hears the event: whoever stands around it decides on it.
    if (middleware.length > 0) lifecycle.set(event, around(middleware, lifecycle.get(event) ?? (() => undefined)));
  }
  const opens = parts.some(({ open }) => open);
  return {
    namespace,
    ...agreedBehaviour(namespace, parts),
    events,
    lifecycle,
    ...(any && { any }),
    ...(native && { native }),
    ...(opens && { open: (ns: NSConn) => openAll(parts, ns), close: (scope: unknown) => closeAll(parts, scope) }),
  };
}

/** The lifecycle events that middleware stands around: those by which somebody comes in. */
const GUARDED: readonly LifecycleEvent[] = [SystemEvent.NamespaceConnect, SystemEvent.RoomJoin];

/** One handler as it is; several one after the other, and the first that throws ends it. */
function inTurn(runs: readonly Handler[]): Handler {
  const [only] = runs;
  if (only && runs.length === 1) return only;
  return async (msg, ns, scope) => {
    for (const run of runs) {
      const result = await run(msg, ns, scope);
      if (result instanceof Error) throw result;
    }
  };
}

/** Opens the parts in order; if one fails, those before it are closed again. */
function openAll(parts: readonly Part[], ns: NSConn): unknown {
  const [only] = parts;
  if (only && parts.length === 1) return openOnly(only, ns);
  const scopes: unknown[] = [];
  for (const [index, part] of parts.entries()) {
    try {
      const scope = part.open?.(ns);
      if (isPromiseLike(scope)) return openRest(parts, ns, scopes, scope);
      scopes[index] = scope;
    } catch (error) {
      return failOpen(parts, scopes, error);
    }
  }
  // What has grown has room for 17, and is kept as long as the connection: the copy has none to spare.
  return [...scopes];
}

/** Most namespaces have one part: there is nothing to be closed again. */
function openOnly(part: Part, ns: NSConn): unknown {
  const scope = part.open?.(ns);
  return isPromiseLike(scope) ? scope.then((made) => [made]) : [scope];
}

async function openRest(
  parts: readonly Part[],
  ns: NSConn,
  scopes: unknown[],
  pending: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    scopes.push(await pending);
    for (const part of parts.slice(scopes.length)) scopes.push(await part.open?.(ns));
    return scopes;
  } catch (error) {
    return await failOpen(parts, scopes, error);
  }
}

async function failOpen(parts: readonly Part[], scopes: readonly unknown[], error: unknown): Promise<never> {
  try {
    await closeAll(parts.slice(0, scopes.length), scopes);
  } catch (failure) {
    throw new AggregateError([error, failure], 'a controller could not be made, and another one not be let go', {
      cause: error,
    });
  }
  throw error;
}

/** Closes in reverse order. Each gets its turn, whatever the others do; what failed is thrown in the end. */
async function closeAll(parts: readonly Part[], scope: unknown): Promise<void> {
  const scopes = scope as readonly unknown[]; // made by openAll
  const failures: unknown[] = [];
  for (const [index, part] of [...parts.entries()].reverse()) {
    try {
      await part.close?.(scopes[index]);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, 'several controllers could not be let go');
}
