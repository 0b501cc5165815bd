import type { Container, Newable, ResolutionContext, ServiceIdentifier } from 'inversify';
import { WsError } from '../errors.js';
import { CONNECTION_VALUES } from '../mvc/connection-values.js';
import { type Conn, NSConn } from '../ports/conn.js';
import type { Logger } from '../ports/logger.js';
import type { MiddlewareObject } from '../ports/middleware.js';
import type { ControllerType, MiddlewareType, OpenServices, Provision, Resolver } from '../ports/resolver.js';
import { postConstructOf, preDestroyOf } from './class-metadata.js';
import { watchContainer } from './container-watch.js';
import { currentFor, resolveFor } from './current.js';
import { explained, orExplain } from './explain-failure.js';
import { refuseLostInjection } from './inherited-injection.js';
import { observeRejections } from './lost-rejections.js';
import { type Lifetime, type Plan, type PlanFacts, type PlanNode, readPlan, targetOf } from './read-plan.js';
import { makeInjectable, type Recipe, releaseScope, Slot } from './recipe.js';
import { Scope } from './scope.js';
import { nameOf } from './service-name.js';

/** What a controller is made with and that differs from connection to connection, and how long it lives. */
const CONNECTION_SERVICES: ReadonlyMap<ServiceIdentifier, Lifetime> = new Map<ServiceIdentifier, Lifetime>([
  [NSConn, 'namespace'],
  ...CONNECTION_VALUES.map(({ token }) => [token, 'connection'] as const),
]);

/** Ends a resolution when its plan is known, before anything has been constructed. */
class PlanSeen extends Error {}

/** How a service is got for a message. */
interface ServiceSlot {
  readonly slot: Slot<unknown>;
  readonly acrossAwaits: boolean;
}

/** What is to be made, and how long it is to live. */
interface Root {
  readonly name: string;
  readonly lifetime: Lifetime;
  /** What else is to be known where it cannot be made. */
  readonly note?: string;
  /** The services of a connection or a message that it is made for, the outermost first. */
  readonly within?: readonly Recipe[];
}

const resolvers = new WeakMap<Container, ContainerResolver>();

/** Makes controllers from an inversify container. */
export class ContainerResolver implements Resolver {
  readonly #container: Container;
  /** Hands out what a node of a plan needs to be resolved by itself. */
  readonly #context: ServiceIdentifier<ResolutionContext> = Symbol('nefeli.context');
  /** Where the plan being looked at goes; set only while one is. */
  #onPlan: ((plan: Plan) => void) | undefined;
  /** What controllers have been planned with: binding it again is too late. */
  readonly #planned = new Set<ServiceIdentifier>();
  readonly #seen = new WeakSet<Recipe>();
  /** Whether this side itself binds. */
  #isBinding = false;
  #log: Logger | undefined;

  private constructor(container: Container) {
    this.#container = container;
    container
      .bind(this.#context)
      .toDynamicValue((context) => context)
      .inTransientScope();
    bindUnlessBound(container, NSConn, () => {
      const { ns } = currentFor('NSConn');
      if (!ns) throw new WsError('OUTSIDE_CONNECTION', { service: 'NSConn' });
      return ns;
    });
    for (const { token, read } of CONNECTION_VALUES) {
      bindUnlessBound(container, token, () => read(currentFor(token.name).conn));
    }
  }

  /**
   * The resolver of a container: one for all who share the container, so that it is bound into once; and another one, where
   * `restore` or `unbindAll` has taken away what was bound.
   *
   * @param log where a binding that comes too late is reported
   */
  static of(container: Container, log?: Logger): ContainerResolver {
    const known = resolvers.get(container);
    const resolver = known?.isBound ? known : new ContainerResolver(container);
    resolvers.set(container, resolver);
    if (log) resolver.#log = log;
    resolver.#watch();
    return resolver;
  }

  #watch(): void {
    watchContainer(this.#container, {
      onPlan: (plan) => (this.#onPlan ?? checkLate)(plan),
      onBound: (service) => this.#onBound(service),
    });
  }

  /** Whether what this side has bound is there still. */
  get isBound(): boolean {
    return this.#container.isCurrentBound(this.#context);
  }

  async provide(controller: ControllerType): Promise<Provision> {
    const { name } = controller;
    const ownMethods = [...preDestroyOf(controller), ...postConstructOf(controller)];
    const slot = orExplain(name, () => this.#bind(controller));
    const facts = await this.#check(slot.service, { name, lifetime: 'namespace' });
    if (!facts.needsConnection) {
      const instance = await this.#makeStatic(name, slot);
      if (instance) return { kind: 'static', instance, ownMethods };
    }
    const { mayBeAsync } = facts;
    const acrossAwaits = mustLast(facts);
    // By itself the container is several times as fast, but gives nothing that takes its time.
    const make = mayBeAsync
      ? () => explained(name, () => slot.get(this.#container))
      : () => orExplain(name, () => this.#container.get(slot.target));
    return {
      kind: 'dynamic',
      create: (ns) => resolveFor({ conn: ns.conn, ns }, make, { acrossAwaits }),
      preDestroy: preDestroyOf(controller),
      ownMethods,
    };
  }

  async middleware(type: MiddlewareType): Promise<MiddlewareObject> {
    const { name } = type;
    const slot = orExplain(name, () => this.#bind(type));
    await this.#check(slot.service, {
      name,
      lifetime: 'singleton',
      note: ' (middleware is made once, and gets them as ctx)',
    });
    return await explained(name, () => slot.get(this.#container));
  }

  async services(tokens: readonly unknown[], origin: string): Promise<OpenServices> {
    const slots = new Map<unknown, ServiceSlot>();
    for (const token of tokens) slots.set(token, await this.#serviceSlot(token, origin));
    return (message, ns) => {
      const scope = new Scope();
      const current = { conn: ns.conn, ns, message: { message, scope } };
      return {
        get: (token) => {
          const { slot, acrossAwaits = false } = slots.get(token) ?? {};
          const get = (): unknown => explained(origin, () => slot?.get(this.#container));
          return resolveFor(current, get, { acrossAwaits });
        },
        close: () => (scope.isEmpty ? undefined : scope.close()),
      };
    };
  }

  async #serviceSlot(token: unknown, origin: string): Promise<ServiceSlot> {
    const service = token as ServiceIdentifier; // @Service takes no other
    const slot = this.binding(() => new Slot(this.#container, service));
    const facts = await this.#check(slot.service, { name: origin, lifetime: 'message' });
    return { slot, acrossAwaits: mustLast(facts) };
  }

  release(conn: Conn): Promise<void> {
    return releaseScope(conn);
  }

  /** Makes what needs no connection, as far as the plan tells; nothing, where it asks for one all the same. */
  async #makeStatic(name: string, slot: Slot<object>): Promise<object | undefined> {
    try {
      return await explained(name, () => slot.get(this.#container));
    } catch (error) {
      if (isOutside(error)) return undefined;
      throw error;
    }
  }

  /** Binds a class that its user has not bound, and gives a way to it of its own, so that its plan is certainly made anew. */
  #bind<T extends object>(type: Newable<T>): Slot<T> {
    return this.binding(() => {
      if (!this.#container.isBound(type)) {
        makeInjectable(type);
        this.#container.bind(type).toSelf().inTransientScope();
      }
      return new Slot(this.#container, type);
    });
  }

  /**
   * Refuses what could not work, and makes the singletons whose makers hide what they need: what is wrong with them, and what
   * they have to wait for, comes before the first connection.
   */
  async #check(service: ServiceIdentifier, root: Root): Promise<PlanFacts> {
    const { facts, plan } = this.#plan(service, root);
    for (const planned of facts.services) this.#planned.add(planned);
    refuseCaptive(facts, root.note);
    for (const type of facts.classes) refuseLostInjection(type);
    for (const recipe of facts.recipes) await this.#checkRecipe(recipe, root.within ?? []);
    for (const [node, path] of facts.hiddenSingletons) await this.#warmUp({ controller: root.name, path }, node, plan);
    return facts;
  }

  async #checkRecipe(recipe: Recipe, within: readonly Recipe[]): Promise<void> {
    refuseCircle(recipe, within);
    if (recipe.root === undefined || this.#seen.has(recipe)) return;
    const { service } = this.binding(() => new Slot(this.#container, recipe.root as ServiceIdentifier)); // there is one
    const { name, lifetime } = recipe;
    recipe.acrossAwaits = mustLast(await this.#check(service, { name, lifetime, within: [...within, recipe] }));
    this.#seen.add(recipe);
  }

  async #warmUp(place: { controller: string; path: string }, node: PlanNode, plan: Plan): Promise<void> {
    const context = this.#container.get(this.#context);
    try {
      await explained(place.controller, () =>
        node.resolve({ context, planResult: plan, requestScopeCache: undefined }),
      );
    } catch (error) {
      if (!isOutside(error)) throw error;
      throw new WsError('CAPTIVE_CONNECTION', { path: `${place.path} > ${error.details.service}` }, { cause: error });
    }
  }

  #plan(service: ServiceIdentifier, { name, lifetime }: Root): { facts: PlanFacts; plan: Plan } {
    let seen: { facts: PlanFacts; plan: Plan } | undefined;
    const context = this.#container.get(this.#context);
    this.#onPlan = (plan) => {
      const activationsOf = (each: ServiceIdentifier) => context.getActivations(each);
      const query = { name, lifetime, connectionServices: CONNECTION_SERVICES, activationsOf };
      seen = { facts: readPlan(targetOf(plan.tree.root), query), plan };
      throw new PlanSeen();
    };
    try {
      orExplain(name, () => this.#container.get(service));
    } catch (error) {
      if (!(error instanceof PlanSeen)) throw error;
    } finally {
      this.#onPlan = undefined;
    }
    if (!seen) throw new Error('inversify has made no plan');
    return seen;
  }

  /** Runs what binds for this side: that is never too late. */
  binding<T>(bind: () => T): T {
    this.#isBinding = true;
    try {
      return bind();
    } finally {
      this.#isBinding = false;
    }
  }

  #onBound(service: ServiceIdentifier): void {
    if (this.#isBinding || !this.#planned.has(service) || !this.isBound) return;
    const err = new WsError('BINDING_LATE', { service: nameOf(service) });
    this.#log?.warn({ err }, 'a service was bound too late');
  }
}

/** Whatever asks for it: what lives long must not keep what lives shortly, and what fails late must not be lost. */
function checkLate({ tree: { root } }: Plan): void {
  const name = nameOf(root.serviceIdentifier);
  const facts = readPlan(root, { name, lifetime: 'message', connectionServices: CONNECTION_SERVICES });
  refuseCaptive(facts);
  if (facts.mayBeAsync) observeRejections(facts.nodes);
}

/** inversify sees circles within a plan, and each of these has a plan of its own. */
function refuseCircle(recipe: Recipe, within: readonly Recipe[]): void {
  if (!within.includes(recipe)) return;
  const way = [...within.slice(within.indexOf(recipe)), recipe].map(({ name }) => name).join(' > ');
  throw new WsError('SERVICE_UNBOUND', { controller: recipe.name, reason: `a circle of services: ${way}` });
}

/** Whether what is made for must be known across awaits. */
const mustLast = ({ mayBeAsync, asksLater }: PlanFacts): boolean => mayBeAsync && asksLater;

const isOutside = (error: unknown): error is WsError<'OUTSIDE_CONNECTION'> =>
  error instanceof WsError && error.code === 'OUTSIDE_CONNECTION';

function refuseCaptive({ captive }: PlanFacts, note = ''): void {
  if (!captive) return;
  throw captive.holderLives === 'singleton'
    ? new WsError('CAPTIVE_CONNECTION', { path: captive.path + note })
    : new WsError('CAPTIVE_SERVICE', captive);
}

function bindUnlessBound<T>(container: Container, service: ServiceIdentifier<T>, value: () => T): void {
  if (!container.isBound(service)) container.bind<T>(service).toDynamicValue(value).inTransientScope();
}
