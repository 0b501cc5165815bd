import { isPromiseLike } from '../core/run-handler.js';
import type { PlanNode } from './read-plan.js';

/** Those that have been seen to: plans share their nodes. */
const observed = new WeakSet<PlanNode>();

/**
 * Sees to it that no rejection of what a plan makes is lost: where one service throws at once, inversify forgets those that are
 * being made still, and whichever of them fails later would end the process. The failure itself goes on to whoever waits.
 */
export function observeRejections(nodes: Iterable<PlanNode>): void {
  for (const node of nodes) {
    if (observed.has(node)) continue;
    observed.add(node);
    const resolve = node.resolve.bind(node);
    node.resolve = (params) => {
      const made = resolve(params);
      if (isPromiseLike(made)) made.then(undefined, () => {}); // whoever waits for it hears of it
      return made;
    };
  }
}
