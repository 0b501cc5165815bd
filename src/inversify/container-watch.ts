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

/** Watches a container from here on. Once for each container. */
export function watchContainer(container: Container, events: WatchEvents): void {
  watchers.set(container, events);
  container.register(ContainerWatch);
}

/** The part of inversify that all ways of binding go through. */
interface Bindings {
  set(binding: { readonly serviceIdentifier: ServiceIdentifier }): void;
}

class ContainerWatch extends Plugin<Container> {
  load(api: PluginApi): void {
    const events = watchers.get(this._container);
    if (!events) return;
    const { bindingService, planResultCacheService } = this._context;
    api.onPlan((_, plan) => {
      try {
        events.onPlan(plan as unknown as Plan); // of its nodes less is read than there is
      } catch (error) {
        planResultCacheService.clearCache(); // it is kept already, and would be used the next time
        throw error;
      }
    });
    const bindings: Bindings = bindingService;
    const set = bindings.set.bind(bindings);
    bindings.set = (binding) => {
      set(binding);
      events.onBound(binding.serviceIdentifier);
    };
  }
}
