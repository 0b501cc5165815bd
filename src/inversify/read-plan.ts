import type { ServiceIdentifier } from 'inversify';
import { nameOf } from './service-name.js';

/** The parts of inversify's plan that are read here. Their types are not exported, so they are checked where they are read. */
export interface PlanNode {
  readonly serviceIdentifier: ServiceIdentifier;
  /** One binding, several, or none. */
  readonly bindings: unknown;
}

interface PlanBinding {
  readonly binding: { readonly scope?: string };
  /** Holds marks, too, for parameters that nothing is injected into. */
  readonly constructorParams?: readonly unknown[];
  readonly propertyParams?: ReadonlyMap<unknown, unknown>;
  readonly params?: readonly unknown[];
  /** Where a service is another name for one. */
  readonly redirection?: PlanNode;
  readonly classMetadata?: { readonly lifecycle: { readonly preDestroyMethodNames: ReadonlySet<string | symbol> } };
}

/** What a plan says about a controller. */
export interface PlanFacts {
  /** Whether something of the connection is needed anywhere in it. */
  readonly needsConnection: boolean;
  /** Every way to something of the connection, in words. */
  readonly paths: readonly string[];
  /** The way from the controller to something of the connection that leads through a singleton; none is as it should be. */
  readonly captivePath: string | undefined;
  /** The methods of the controller that `@preDestroy` marks. */
  readonly preDestroy: readonly (string | symbol)[];
}

/** Reads off the plan of a controller what inversify does not check. Walks every service in it once per way to it. */
export function readPlan(alias: PlanNode, connectionServices: ReadonlySet<ServiceIdentifier>): PlanFacts {
  const root = bindingsOf(alias)[0]?.redirection ?? alias;
  const paths = [...pathsTo(root, connectionServices, [])];
  const captive = paths.find((path) => path.some(({ isSingleton }) => isSingleton));
  const [binding] = bindingsOf(root);
  return {
    needsConnection: paths.length > 0,
    paths: paths.map(inWords),
    captivePath: captive && inWords(captive),
    preDestroy: [...(binding?.classMetadata?.lifecycle.preDestroyMethodNames ?? [])],
  };
}

const inWords = (path: readonly Step[]): string =>
  path.map(({ name, isSingleton }) => (isSingleton ? `${name} (singleton)` : name)).join(' > ');

interface Step {
  readonly name: string;
  readonly isSingleton: boolean;
}

function* pathsTo(
  node: PlanNode,
  wanted: ReadonlySet<ServiceIdentifier>,
  before: readonly Step[],
): Generator<readonly Step[]> {
  const name = nameOf(node.serviceIdentifier);
  if (wanted.has(node.serviceIdentifier)) {
    yield [...before, { name, isSingleton: false }];
    return;
  }
  for (const binding of bindingsOf(node)) {
    const path = [...before, { name, isSingleton: binding.binding.scope === 'Singleton' }];
    for (const need of needsOf(binding)) yield* pathsTo(need, wanted, path);
  }
}

function bindingsOf({ bindings }: PlanNode): PlanBinding[] {
  return [bindings].flat().filter((binding) => binding !== undefined) as PlanBinding[]; // the nodes of inversify's plan
}

function needsOf({ constructorParams = [], propertyParams, params = [], redirection }: PlanBinding): PlanNode[] {
  return [...constructorParams, ...(propertyParams?.values() ?? []), ...params, redirection].filter(isPlanNode);
}

const isPlanNode = (value: unknown): value is PlanNode =>
  typeof value === 'object' && value !== null && 'serviceIdentifier' in value;
