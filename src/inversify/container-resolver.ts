import { Plugin, type PluginApi } from '@inversifyjs/plugin';
import { type Container, injectable, type ServiceIdentifier } from 'inversify';
import { WsError } from '../errors.js';
import { Conn, NSConn } from '../ports/conn.js';
import type { MiddlewareObject } from '../ports/middleware.js';
import type { ControllerType, MiddlewareType, Provision, Resolver } from '../ports/resolver.js';
import { activeConnection, createFor } from './connection-scope.js';
import { orExplain } from './explain-failure.js';
import { type PlanFacts, type PlanNode, readPlan } from './read-plan.js';

/** What a controller is made with and that differs from connection to connection. */
const CONNECTION_SERVICES: ReadonlySet<ServiceIdentifier> = new Set([NSConn, Conn]);

/** Where the plan being looked at goes; set only while one is. */
let onPlan: ((root: PlanNode) => void) | undefined;

/** Ends a resolution when its plan is known, before anything has been constructed. */
class PlanSeen extends Error {}

class PlanReader extends Plugin<Container> {
  load(api: PluginApi): void {
    api.onPlan((_, { tree }) => onPlan?.(tree.root));
  }
}

const resolvers = new WeakMap<Container, ContainerResolver>();

/** Makes controllers from an inversify container. */
export class ContainerResolver implements Resolver {
  readonly #container: Container;

  private constructor(container: Container) {
    this.#container = container;
    container.register(PlanReader);
    bindUnlessBound(container, NSConn, () => activeConnection('NSConn'));
    bindUnlessBound(container, Conn, () => activeConnection('Conn').conn);
  }

  /** The resolver of a container: one for all who share the container, so that it is bound into once. */
  static of(container: Container): ContainerResolver {
    const resolver = resolvers.get(container) ?? new ContainerResolver(container);
    resolvers.set(container, resolver);
    return resolver;
  }

  provide(controller: ControllerType): Provision {
    const service = orExplain(controller.name, () => this.#bind(controller));
    const { needsConnection, captivePath, preDestroy } = this.#plan(controller, service);
    if (captivePath !== undefined) throw new WsError('CAPTIVE_CONNECTION', { path: captivePath });
    const create = (): object => orExplain(controller.name, () => this.#container.get<object>(service));
    if (!needsConnection) return { kind: 'static', instance: create() };
    return {
      kind: 'dynamic',
      create: (ns) => createFor(ns, create),
      preDestroy,
    };
  }

  middleware(type: MiddlewareType): MiddlewareObject {
    const service = orExplain(type.name, () => this.#bind(type)) as ServiceIdentifier<MiddlewareObject>; // what is bound is this type
    const { needsConnection, paths } = this.#plan(type, service);
    if (needsConnection) throw new WsError('CAPTIVE_CONNECTION', { path: `${paths[0]} (middleware is made once)` });
    return orExplain(type.name, () => this.#container.get(service));
  }

  /**
   * Binds a controller that its user has not bound, and gives the identifier to get it by: one of its own, so that its plan is
   * certainly made anew.
   */
  #bind(controller: ControllerType): ServiceIdentifier<object> {
    if (!this.#container.isBound(controller)) {
      makeInjectable(controller);
      this.#container.bind(controller).toSelf().inTransientScope();
    }
    const alias: ServiceIdentifier<object> = Symbol(controller.name);
    this.#container.bind(alias).toService(controller);
    return alias;
  }

  #plan(controller: ControllerType, service: ServiceIdentifier<object>): PlanFacts {
    let facts: PlanFacts | undefined;
    onPlan = (root) => {
      facts = readPlan(root, CONNECTION_SERVICES);
      throw new PlanSeen();
    };
    try {
      orExplain(controller.name, () => this.#container.get(service));
    } catch (error) {
      if (!(error instanceof PlanSeen)) throw error;
    } finally {
      onPlan = undefined;
    }
    return facts ?? { needsConnection: false, paths: [], captivePath: undefined, preDestroy: [] };
  }
}

function bindUnlessBound<T>(container: Container, service: ServiceIdentifier<T>, value: () => T): void {
  if (!container.isBound(service)) container.bind<T>(service).toDynamicValue(value).inTransientScope();
}

/** `@Namespace` is enough: `@injectable()` is added where it is missing. inversify refuses a second one, by its message only. */
function makeInjectable(controller: ControllerType): void {
  try {
    injectable()(controller);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('multiple times'))) throw error;
  }
}
