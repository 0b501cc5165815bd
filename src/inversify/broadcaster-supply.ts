import type { Container } from 'inversify';
import { WsError } from '../errors.js';
import {
  type Answer,
  Broadcaster,
  type BroadcastMessage,
  type BroadcastTarget,
  type Exception,
} from '../ports/broadcaster.js';
import type { WaitOptions } from '../ports/conn.js';

/** What stands behind a {@link Broadcaster}: a server. */
export type Broadcasts = Pick<Broadcaster, keyof Broadcaster>;

/** The name that a mount has where none is given. */
const DEFAULT_NAME = 'default';

const supplies = new WeakMap<Container, Map<string, BroadcasterSupply>>();

/** The broadcaster of the mounts of one name in one container: bound before there is a mount, which comes later and goes. */
export class BroadcasterSupply {
  readonly #name: string;
  readonly #mounts = new Set<Broadcasts>();

  private constructor(container: Container, name: string, isFirst: boolean) {
    this.#name = name;
    container
      .bind(Broadcaster)
      .toConstantValue(new SuppliedBroadcaster(() => this.#only()))
      .whenNamed(name);
    if (!isFirst) return;
    // Which mount that is may change while others are registered: it is asked for at each use.
    const main = new SuppliedBroadcaster(() => (supplies.get(container)?.get(DEFAULT_NAME) ?? this).#only());
    container.bind(Broadcaster).toConstantValue(main).whenDefault();
  }

  /** The supply of a name. One that the user has bound, such as a fake, is left alone: then there is none. */
  static of(container: Container, name: string): BroadcasterSupply | undefined {
    const all = supplies.get(container);
    const isBound = container.isBound(Broadcaster);
    if (!all && isBound) return undefined;
    // `restore` and `unbindAll` take away what was bound, all of it or the names that came last.
    const named = isBound && all ? all : new Map<string, BroadcasterSupply>();
    supplies.set(container, named);
    const known = container.isBound(Broadcaster, { name }) ? named.get(name) : undefined;
    const supply = known ?? new BroadcasterSupply(container, name, named.size === 0);
    named.set(name, supply);
    return supply;
  }

  attach(mount: Broadcasts): void {
    this.#mounts.add(mount);
  }

  detach(mount: Broadcasts): void {
    this.#mounts.delete(mount);
  }

  #only(): Broadcasts {
    const [mount, ...others] = this.#mounts;
    if (!mount) throw new WsError('BROADCASTER_UNREADY', { name: this.#name });
    if (others.length > 0) {
      throw new WsError('BROADCASTER_AMBIGUOUS', { name: this.#name, mounts: this.#mounts.size });
    }
    return mount;
  }
}

class SuppliedBroadcaster extends Broadcaster {
  readonly #mount: () => Broadcasts;

  constructor(mount: () => Broadcasts) {
    super();
    this.#mount = mount;
  }

  in(namespace: string): BroadcastTarget {
    return this.#mount().in(namespace);
  }

  broadcast(except: Exception | undefined, ...messages: readonly BroadcastMessage[]): void {
    this.#mount().broadcast(except, ...messages);
  }

  ask(message: BroadcastMessage, options?: WaitOptions): Promise<Answer> {
    return this.#mount().ask(message, options);
  }
}
