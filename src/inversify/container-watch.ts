import { Plugin, type PluginApi } from '@inversifyjs/plugin';
import type { Container, ServiceIdentifier } from 'inversify';
import type { Plan } from './read-plan.js';

/** What is told of a container: what it plans, and what is bound into it. */
export interface WatchEvents {
  /** A plan has been made, and nothing of it constructed. Throwing keeps it from being used. */
  onPlan(plan: Plan): void;
  onBound(service: ServiceIdentifier): void;
}

/** Who watches a container. Set before the plugin is registered, for inversify makes the plugin by itself. */
const watchers = new WeakMap<Container, WatchEvents>();

/** A plugin stays for good: there is one for each container. */
const watches = new WeakMap<Container, ContainerWatch>();

/** Watches a container from here on, in place of whoever has done so. After `container.restore()` it has to be called anew. */
export function watchContainer(container: Container, events: WatchEvents): void {
  watchers.set(container, events);
  if (!watches.has(container)) container.register(ContainerWatch);
  watches.get(container)?.watchBindings();
}

/** The part of inversify that all ways of binding go through. `restore()` replaces it. */
interface Bindings {
  set(binding: { readonly serviceIdentifier: ServiceIdentifier }): void;
}

class ContainerWatch extends Plugin<Container> {
  #watched: Bindings | undefined;

  load(api: PluginApi): void {
    watches.set(this._container, this);
    api.onPlan((_, plan) => {
      try {
        watchers.get(this._container)?.onPlan(plan as unknown as Plan); // of its nodes less is read than there is
      } catch (error) {
        this._context.planResultCacheService.clearCache(); // it is kept already, and would be used the next time
        throw error;
      }
    });
  }

  watchBindings(): void {
    const bindings: Bindings = this._context.bindingService;
    if (bindings === this.#watched) return;
    this.#watched = bindings;
    const set = bindings.set.bind(bindings);
    bindings.set = (binding) => {
      set(binding);
      watchers.get(this._container)?.onBound(binding.serviceIdentifier);
    };
  }
}
