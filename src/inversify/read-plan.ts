import type { Newable, ResolutionContext, ServiceIdentifier } from 'inversify';
import { type Recipe, recipeOf } from './recipe.js';
import { nameOf } from './service-name.js';

/** The parts of inversify's plan that are read here. Their types are not exported, so they are checked where they are read. */
export interface PlanNode {
  readonly serviceIdentifier: ServiceIdentifier;
  /** One binding, several, or none. */
  readonly bindings: unknown;
  resolve(params: PlanResolution): unknown;
}

/** What a node is resolved with. */
interface PlanResolution {
  readonly context: ResolutionContext;
  readonly planResult: unknown;
  readonly requestScopeCache: undefined;
}

interface PlanBinding {
  readonly binding: {
    readonly type?: string;
    readonly scope?: string;
    /** The builder of a dynamic value. */
    readonly value?: unknown;
    readonly implementationType?: Newable;
    readonly onActivation?: unknown;
  };
  /** Holds marks, too, for parameters that nothing is injected into. */
  readonly constructorParams?: readonly unknown[];
  readonly propertyParams?: ReadonlyMap<unknown, unknown>;
  readonly params?: readonly unknown[];
  /** Where a service is another name for one. */
  readonly redirection?: PlanNode;
  readonly classMetadata?: { readonly lifecycle: { readonly postConstructMethodNames: ReadonlySet<unknown> } };
}

/** What inversify plans to make, in which order. */
export interface Plan {
  readonly tree: { readonly root: PlanNode };
}

/** How long something lives. What lives longer must not keep what lives shorter. */
export type Lifetime = 'singleton' | 'connection' | 'namespace' | 'message';

/** Longest first. */
const LIFETIMES: readonly Lifetime[] = ['singleton', 'connection', 'namespace', 'message'];

const isLonger = (one: Lifetime, other: Lifetime): boolean => LIFETIMES.indexOf(one) < LIFETIMES.indexOf(other);

/** A step of the way from a service to what it needs. */
interface Step {
  readonly name: string;
  /** None for what lives as long as whoever it is made for. */
  readonly lifetime: Lifetime | undefined;
}

/** Something that would be kept for longer than it lives. */
export interface Captive {
  readonly holder: string;
  readonly holderLives: Lifetime;
  readonly kept: string;
  readonly keptLives: Lifetime;
  /** The way from the root to what is kept, in words. */
  readonly path: string;
}

/** What a plan says about what is made by it. */
export interface PlanFacts {
  /** Whether something of a connection, a namespace or a message is needed anywhere in it. */
  needsConnection: boolean;
  /** The first way to such a thing, in words. */
  path: string | undefined;
  captive: Captive | undefined;
  /** Whether something in it may be asynchronous that is not certainly there when it is needed. */
  mayBeAsync: boolean;
  /**
   * Whether something of a connection may be asked for later than in the first turn, where the first turn is not all: by a
   * property, after its constructor has run, or by an asynchronous function, after an await.
   */
  asksLater: boolean;
  readonly recipes: Set<Recipe>;
  readonly services: Set<ServiceIdentifier>;
  readonly classes: Set<Newable>;
  /** Singletons whose makers hide what they need, each after those that it needs. */
  readonly hiddenSingletons: Map<PlanNode, string>;
  /** Everything that is needed, less what belongs to a connection by itself. */
  readonly nodes: Set<PlanNode>;
}

/** What is looked for in a plan. */
export interface PlanQuery {
  /** How long the root lives. */
  readonly lifetime: Lifetime;
  readonly name: string;
  /** What belongs to a connection or a namespace by itself. */
  readonly connectionServices: ReadonlyMap<ServiceIdentifier, Lifetime>;
  /** What the container runs with each that it has made of a service, whatever its bindings. */
  readonly activationsOf?: (service: ServiceIdentifier) => Iterable<unknown> | undefined;
}

/** What the plan of a service leads to that only hands on another one. */
export function targetOf(alias: PlanNode): PlanNode {
  return bindingsOf(alias).flatMap(needsOf)[0]?.node ?? alias;
}

/** Reads off a plan what inversify does not check. Walks every service in it once for each lifetime that it is needed by. */
export function readPlan(root: PlanNode, query: PlanQuery): PlanFacts {
  const { lifetime, name } = query;
  const facts: PlanFacts = {
    needsConnection: false,
    path: undefined,
    captive: undefined,
    mayBeAsync: false,
    asksLater: false,
    recipes: new Set(),
    services: new Set(),
    classes: new Set(),
    hiddenSingletons: new Map(),
    nodes: new Set(),
  };
  new Reading(facts, query).bindingsOf(root, name, [{ name, lifetime }]);
  return facts;
}

class Reading {
  readonly #facts: PlanFacts;
  readonly #query: PlanQuery;
  /** What has been read, by the longest lifetime on the way: another way there tells nothing new, and there may be millions. */
  readonly #read = new Map<PlanNode, Map<Lifetime | undefined, boolean>>();

  constructor(facts: PlanFacts, query: PlanQuery) {
    this.#facts = facts;
    this.#query = query;
  }

  /** Reads the bindings of the root, whose step has been made already. @returns whether anything in it hides what it needs */
  bindingsOf(node: PlanNode, name: string, before: readonly Step[]): boolean {
    this.#facts.services.add(node.serviceIdentifier);
    this.#facts.nodes.add(node);
    let hides = false;
    for (const binding of bindingsOf(node)) {
      const isSingleton = binding.binding.scope === 'Singleton' && binding.binding.type !== 'ConstantValue';
      const path: readonly Step[] = isSingleton ? [...before.slice(0, -1), { name, lifetime: 'singleton' }] : before;
      hides = this.#binding(node, binding, path) || hides;
    }
    return hides;
  }

  #node(node: PlanNode, before: readonly Step[]): boolean {
    const name = nameOf(node.serviceIdentifier);
    const lifetime = this.#query.connectionServices.get(node.serviceIdentifier);
    if (lifetime) {
      this.#facts.services.add(node.serviceIdentifier);
      this.#need([...before, { name, lifetime }]);
      return false;
    }
    const read = this.#read.get(node) ?? new Map<Lifetime | undefined, boolean>();
    this.#read.set(node, read);
    const longest = longestOf(before)?.lifetime;
    const hides = read.get(longest) ?? this.bindingsOf(node, name, [...before, { name, lifetime: undefined }]);
    read.set(longest, hides);
    return hides;
  }

  #binding(node: PlanNode, planned: PlanBinding, path: readonly Step[]): boolean {
    const { binding } = planned;
    const name = path.at(-1)?.name ?? '';
    const recipe = recipeOf(binding.value);
    if (recipe) {
      this.#facts.recipes.add(recipe);
      this.#facts.mayBeAsync = true;
      this.#need([...path.slice(0, -1), { name, lifetime: recipe.lifetime }]);
      return false;
    }
    if (binding.implementationType) this.#facts.classes.add(binding.implementationType);
    const isSingleton = path.at(-1)?.lifetime === 'singleton';
    const activations = [binding.onActivation, ...(this.#query.activationsOf?.(node.serviceIdentifier) ?? [])];
    let hides = isBuilt(planned) || activations.some((activation) => activation !== undefined);
    if (!isSingleton && [binding.value, ...activations].some(isAsync)) this.#facts.asksLater = true;
    for (const need of needsOf(planned)) {
      hides = this.#node(need.node, path) || hides;
      if (need.isProperty) this.#facts.asksLater = true;
    }
    if (isSingleton && hides) this.#facts.hiddenSingletons.set(node, inWords(path));
    if (!isSingleton && hides) this.#facts.mayBeAsync = true;
    return hides && !isSingleton;
  }

  #need(path: readonly Step[]): void {
    const { name: kept = '', lifetime: keptLives = 'connection' } = path.at(-1) ?? {};
    this.#facts.needsConnection = true;
    this.#facts.path ??= inWords(path);
    const holder = longestOf(path);
    if (!holder?.lifetime || !isLonger(holder.lifetime, keptLives)) return;
    this.#facts.captive ??= { holder: holder.name, holderLives: holder.lifetime, kept, keptLives, path: inWords(path) };
  }
}

/** The step that lives longest, the first of several. */
function longestOf(path: readonly Step[]): Step | undefined {
  return path.reduce<Step | undefined>((longest, step) => {
    if (!step.lifetime) return longest;
    return !longest?.lifetime || isLonger(step.lifetime, longest.lifetime) ? step : longest;
  }, undefined);
}

/** Whether a binding runs code that may ask the container for more, or give a promise. */
function isBuilt({ binding, classMetadata }: PlanBinding): boolean {
  if (binding.type === 'DynamicValue' || binding.type === 'ResolvedValue') return true;
  return (classMetadata?.lifecycle.postConstructMethodNames.size ?? 0) > 0;
}

/** Whether a function is written with `async`: it may go on after an await. */
const isAsync = (made: unknown): boolean =>
  typeof made === 'function' && Object.prototype.toString.call(made) === '[object AsyncFunction]';

const inWords = (path: readonly Step[]): string =>
  path.map(({ name, lifetime }) => (lifetime === 'singleton' ? `${name} (singleton)` : name)).join(' > ');

function bindingsOf({ bindings }: PlanNode): PlanBinding[] {
  return [bindings].flat().filter((binding) => binding !== undefined) as PlanBinding[]; // the nodes of inversify's plan
}

interface Need {
  readonly node: PlanNode;
  readonly isProperty: boolean;
}

function needsOf({ constructorParams = [], propertyParams, params = [], redirection }: PlanBinding): Need[] {
  const needs = (nodes: Iterable<unknown>, isProperty: boolean): Need[] =>
    [...nodes].filter(isPlanNode).map((node) => ({ node, isProperty }));
  return [
    ...needs([...constructorParams, ...params, redirection], false),
    ...needs(propertyParams?.values() ?? [], true),
  ];
}

const isPlanNode = (value: unknown): value is PlanNode =>
  typeof value === 'object' && value !== null && 'serviceIdentifier' in value;
