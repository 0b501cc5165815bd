import { WsError } from '../../errors.js';
import type { Adapter, AdapterHost, Envelope } from '../../ports/adapter.js';
import type { Topic } from '../../ports/topic.js';
import type { Broker } from '../broker/broker.js';
import { BrokerAdapter } from '../broker/broker-adapter.js';
import { type BrokerAdapterOptions, checkBrokerOptions } from '../broker/broker-options.js';
import { NeffosBridge } from './neffos-bridge.js';
import { NEFFOS_PEER } from './neffos-peer.js';
import { SharedBroker } from './shared-broker.js';

interface MixedParts {
  readonly broker: Broker;
  readonly options: BrokerAdapterOptions;
  readonly channelOf: (name: string) => string | undefined;
}

/**
 * Servers that are one over a broker, and some of them servers of neffos. Those of this kind speak to each other as ever; what neffos
 * can carry is said a second time, in its words, and what its servers say is heard.
 */
export class MixedAdapter implements Adapter {
  readonly #own: BrokerAdapter;
  readonly #shared: SharedBroker;
  readonly #parts: MixedParts;
  readonly #options: Required<BrokerAdapterOptions>;
  #bridge: NeffosBridge | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws {OPTION_INVALID} */
  constructor(parts: MixedParts) {
    this.#parts = parts;
    this.#options = checkBrokerOptions(parts.options);
    this.#shared = new SharedBroker(parts.broker);
    this.#own = new BrokerAdapter(this.#shared.lead(), parts.options);
  }

  /** @throws {ADAPTER_IN_USE}; {ADAPTER_UNREACHABLE} with `whenDown: 'fail'` */
  async start(host: AdapterHost): Promise<void> {
    const { channelOf } = this.#parts;
    const { maxQueueBytes } = this.#options;
    if (this.#stopping) {
      await this.#stopping; // an earlier life
      this.#stopping = undefined;
    }
    await this.#own.start(host);
    if (this.#stopping) return;
    this.#bridge = new NeffosBridge({ host, channelOf, maxQueueBytes, broker: this.#shared.follow() });
    // It uses the session that is there. What fails is tried again.
    const starting = this.#bridge.start().catch(() => {});
    if (this.#shared.isOpen) await starting;
  }

  async subscribe(topics: readonly Topic[]): Promise<void> {
    await Promise.all([this.#own.subscribe(topics), this.#bridge?.subscribe(topics)]);
  }

  unsubscribe(topics: readonly Topic[]): void {
    this.#own.unsubscribe(topics);
    this.#bridge?.unsubscribe(topics);
  }

  /** @throws {ADAPTER_DOWN} for what does not wait, and for what is broadcast after `stop`; {ADAPTER_FULL} for what cannot wait any more */
  async publish(envelope: Envelope): Promise<void> {
    if (this.#stopping) {
      const isKept = envelope.kind === 'broadcast' || envelope.kind === 'event';
      if (isKept) throw new WsError('ADAPTER_DOWN', { broker: this.#parts.broker.name });
      return;
    }
    const isForNeffos = envelope.kind === 'result' && envelope.to === NEFFOS_PEER;
    // What is refused there is not sent here either.
    const published = isForNeffos ? undefined : this.#own.publish(envelope);
    if (isForNeffos || envelope.kind !== 'result') this.#bridge?.publish(envelope);
    await published;
  }

  /** One name stands for all servers of neffos, whether there are any or not: nobody can tell. */
  peers(): readonly string[] {
    return this.#bridge && !this.#stopping ? [...this.#own.peers(), NEFFOS_PEER] : [];
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#bridge ? this.#bridge.stop(() => this.#own.stop()) : this.#own.stop();
    return this.#stopping;
  }
}
