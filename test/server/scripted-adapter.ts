import type { Adapter, Envelope } from '../../src/ports/adapter.js';

/** An adapter that does what a test tells it to, and remembers what it was asked. */
export class ScriptedAdapter implements Adapter {
  serverId = '';
  readonly subscribed: string[] = [];
  readonly unsubscribed: string[] = [];
  readonly published: Envelope[] = [];
  isStopped = false;
  /** What each method does besides remembering; may throw or reject. */
  onStart: () => void | Promise<void> = () => {};
  onSubscribe: (namespace: string) => void | Promise<void> = () => {};
  onUnsubscribe: () => void = () => {};
  onPublish: (envelope: Envelope) => void | Promise<void> = () => {};
  peers: () => number | Promise<number> = () => 1;
  deliver: (envelope: Envelope) => void = () => {};

  async start(serverId: string, deliver: (envelope: Envelope) => void): Promise<void> {
    this.serverId = serverId;
    this.deliver = deliver;
    await this.onStart();
  }

  subscribe(namespace: string): void | Promise<void> {
    this.subscribed.push(namespace);
    return this.onSubscribe(namespace);
  }

  unsubscribe(namespace: string): void {
    this.unsubscribed.push(namespace);
    this.onUnsubscribe();
  }

  publish(envelope: Envelope): void | Promise<void> {
    this.published.push(envelope);
    return this.onPublish(envelope);
  }

  countPeers(): number | Promise<number> {
    return this.peers();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}
