import { WsError } from '../../errors.js';
import type { Adapter, AdapterHost, Envelope } from '../../ports/adapter.js';
import type { Topic } from '../../ports/topic.js';
import type { Broker } from './broker.js';
import { type BrokerAdapterOptions, checkBrokerOptions } from './broker-options.js';
import { Participant } from './participant.js';

/** Servers that are one over a message broker: all that brokers have in common. What is special about one is its {@link Broker}. */
export class BrokerAdapter implements Adapter {
  readonly #broker: Broker;
  readonly #options: Required<BrokerAdapterOptions>;
  #participant: Participant | undefined;
  #isInUse = false;

  /** @throws {OPTION_INVALID} */
  constructor(broker: Broker, options: BrokerAdapterOptions) {
    this.#broker = broker;
    this.#options = checkBrokerOptions(options);
  }

  /** @throws {ADAPTER_IN_USE}; {ADAPTER_UNREACHABLE} with `whenDown: 'fail'` */
  async start(host: AdapterHost): Promise<void> {
    if (this.#isInUse) throw new WsError('ADAPTER_IN_USE', {});
    this.#isInUse = true;
    const participant = new Participant(host, this.#broker, this.#options);
    this.#participant = participant;
    try {
      await participant.start();
    } catch (cause) {
      if (this.#options.whenDown === 'degrade') return;
      await this.stop();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new WsError('ADAPTER_UNREACHABLE', { broker: this.#broker.name, reason }, { cause });
    }
  }

  subscribe(topics: readonly Topic[]): void | Promise<void> {
    return this.#participant?.subscribe(topics);
  }

  unsubscribe(topics: readonly Topic[]): void {
    this.#participant?.unsubscribe(topics);
  }

  /** @throws {ADAPTER_DOWN} before `start`, for what does not wait, and for what is broadcast after `stop`; {ADAPTER_FULL} for what cannot wait any more */
  publish(envelope: Envelope): void | Promise<void> {
    if (!this.#participant) throw new WsError('ADAPTER_DOWN', { broker: this.#broker.name });
    return this.#participant.publish(envelope);
  }

  peers(): readonly string[] {
    return this.#participant?.peers ?? [];
  }

  async stop(): Promise<void> {
    await this.#participant?.stop();
    this.#isInUse = false;
  }
}
