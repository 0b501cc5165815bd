import { type Container, injectable, type Newable, type ResolutionContext, type ServiceIdentifier } from 'inversify';
import { isPromiseLike } from '../core/run-handler.js';
import { WsError } from '../errors.js';
import type { Conn } from '../ports/conn.js';
import { type Current, currentFor, resolveFor } from './current.js';
import { Scope } from './scope.js';
import { nameOf } from './service-name.js';

/** What can be bound into: a container, or what a `ContainerModule` is given. */
export type Bindable = Pick<Container, 'bind'>;

/** A function that makes a service, where not all is said by the function. */
export interface MadeBy<Arguments extends readonly unknown[], T> {
  readonly make: (...from: Arguments) => T | Promise<T>;
  /**
   * Whether what it has made is let go by its `Symbol.asyncDispose` or `Symbol.dispose` when the scope ends. `false` for what is
   * shared with others, such as a pool. @default true
   */
  readonly dispose?: boolean;
}

/** The class of a service that goes by another name. */
export interface MadeOf<T> {
  readonly to: Newable<T>;
}

/** What makes a service of a scope. */
export type Maker<Arguments extends readonly unknown[], T> =
  | ((...from: Arguments) => T | Promise<T>)
  | MadeBy<Arguments, T>
  | MadeOf<T>;

/** A service that belongs to a connection or to a message, as it was registered. */
export interface Registration<Arguments extends readonly unknown[], T> {
  readonly lifetime: 'connection' | 'message';
  readonly service: ServiceIdentifier<T>;
  /** Left out for a class that is its own name. */
  readonly maker: Maker<Arguments, T> | undefined;
  /** What its function is called with. */
  readonly from: (current: Current) => Arguments;
}

/** How such a service is made, as it is found again in a plan. */
export interface Recipe {
  readonly lifetime: 'connection' | 'message';
  readonly name: string;
  /** The class of it, under a name of its own; none where a function makes it. */
  readonly root: ServiceIdentifier | undefined;
  /** Whether making its class may ask for something of the connection after an await. Known when its plan has been read. */
  acrossAwaits?: boolean;
}

/** By the function that inversify is given for the service. */
const recipes = new WeakMap<object, Recipe>();

/** The recipe behind the builder of a binding, if it is one of those made here. */
export function recipeOf(builder: unknown): Recipe | undefined {
  return typeof builder === 'function' ? recipes.get(builder) : undefined;
}

/** Binds a service that is made once for each connection, or for each message. */
export function register<Arguments extends readonly unknown[], T>(
  container: Bindable,
  { lifetime, service, maker, from }: Registration<Arguments, T>,
): void {
  const type = classOf(service, maker);
  const name = nameOf(service);
  const key: Recipe = { lifetime, name, root: type && Symbol(name) };
  const owned = !(typeof maker === 'object' && 'make' in maker && maker.dispose === false);
  const make = type ? classMaker(container, key, type) : functionMaker(maker, from);
  const build = (context: ResolutionContext): T => {
    const current = currentFor(name);
    // A promise is what inversify takes for an asynchronous service, which its type has no place for.
    return scopeFor(current, key).get(key, () => make(current, context), { owned }) as T;
  };
  recipes.set(build, key);
  container.bind<T>(service).toDynamicValue(build).inTransientScope();
}

type Make = (current: Current, context: ResolutionContext) => unknown;

function classOf<T>(service: ServiceIdentifier<T>, maker: unknown): Newable<T> | undefined {
  refuseUnmade(maker);
  if (typeof maker === 'object' && maker !== null && 'to' in maker) return maker.to as Newable<T>; // what MadeOf says
  if (maker !== undefined) return undefined;
  if (typeof service === 'function') return service as Newable<T>; // an abstract class has to name the one that is made
  const expected = 'a class, or followed by a function or { to: a class }';
  throw new WsError('OPTION_INVALID', { option: 'service of registerPer…()', value: service, expected });
}

/** What an import in a circle leaves undefined would fail with each connection. */
function refuseUnmade(maker: unknown): void {
  if (typeof maker !== 'object' || maker === null) return;
  const { to, make } = maker as { readonly to?: unknown; readonly make?: unknown }; // any object has them or not
  const [key, value] = 'to' in maker ? ['to', to] : ['make', make];
  if (typeof value === 'function') return;
  const expected = key === 'to' ? 'a class' : 'a function';
  throw new WsError('OPTION_INVALID', { option: `${key} of registerPer…()`, value, expected });
}

function functionMaker<Arguments extends readonly unknown[], T>(
  maker: Maker<Arguments, T> | undefined,
  from: (current: Current) => Arguments,
): Make {
  const make = typeof maker === 'function' ? maker : (maker as MadeBy<Arguments, T>).make; // a class was found otherwise
  return (current) => make(...from(current));
}

/** A class is made by the container, for the scope alone: what belongs to something shorter is not to be had. */
function classMaker(container: Bindable, recipe: Recipe, type: Newable): Make {
  makeInjectable(type);
  const service = recipe.root as ServiceIdentifier; // there is one where there is a class
  container.bind(service).to(type).inTransientScope();
  const got = new Slot(container, service);
  return (current, context) => {
    const owner: Current = recipe.lifetime === 'message' ? current : { conn: current.conn };
    // No plan shows what only a function asks for: it has not been read then.
    return resolveFor(owner, () => got.get(context), { acrossAwaits: recipe.acrossAwaits ?? true });
  };
}

/**
 * Gets a service at once where nothing of it is asynchronous, and a promise of it where something is. inversify by itself gives
 * either, by who asks.
 */
export class Slot<T> {
  /** What is got. */
  readonly target: ServiceIdentifier<T>;
  readonly #service: ServiceIdentifier<{ readonly made: T }>;
  #made: { readonly made: T } | undefined;
  /** Whether it is within a call of `get`: what is ready later is not kept here. */
  #isGetting = false;

  constructor(container: Bindable, service: ServiceIdentifier<T>) {
    this.target = service;
    this.#service = Symbol(nameOf(service));
    const fill = (made: T): { readonly made: T } => {
      const slot = { made };
      if (this.#isGetting) this.#made = slot;
      return slot;
    };
    container.bind(this.#service).toResolvedValue(fill, [service]).inTransientScope();
  }

  /** The name it is asked for by: one of its own, so that its plan is certainly made anew. */
  get service(): ServiceIdentifier {
    return this.#service;
  }

  get(container: Pick<ResolutionContext, 'getAsync'>): T | Promise<T> {
    const isWithinAnother = this.#isGetting; // what is made may ask for another of its kind
    this.#isGetting = true;
    this.#made = undefined;
    const pending = container.getAsync(this.#service);
    this.#isGetting = isWithinAnother;
    const { made } = (this.#made ?? {}) as { readonly made?: T }; // filled within the call where all is synchronous
    this.#made = undefined;
    return made === undefined || isPromiseLike(made) ? pending.then((slot) => slot.made) : made;
  }
}

/** What was made for each connection. Made with the first service that is asked for. */
const scopes = new WeakMap<Conn, Scope>();

/** The scope of connections that have ended: nothing is made for them any more. */
const ENDED = new Scope();
void ENDED.close();

function scopeFor({ conn, message }: Current, { lifetime, name }: Recipe): Scope {
  if (lifetime === 'message') {
    if (!message) throw new WsError('OUTSIDE_CONNECTION', { service: name });
    return message.scope;
  }
  const scope = scopes.get(conn) ?? new Scope();
  scopes.set(conn, scope);
  return scope;
}

/** Lets go of everything that was made for a connection. From here on nothing is made for it. */
export async function releaseScope(conn: Conn): Promise<void> {
  const scope = scopes.get(conn);
  scopes.set(conn, ENDED);
  await scope?.close();
}

/** Our decorators are enough: `@injectable()` is added where it is missing. inversify refuses a second one, by its message only. */
export function makeInjectable(type: Newable): void {
  try {
    injectable()(type);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('multiple times'))) throw error;
  }
}
