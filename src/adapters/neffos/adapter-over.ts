import type { Adapter } from '../../ports/adapter.js';
import type { Broker } from '../broker/broker.js';
import { BrokerAdapter } from '../broker/broker-adapter.js';
import type { BrokerAdapterOptions } from '../broker/broker-options.js';
import { MixedAdapter } from './mixed-adapter.js';
import type { NeffosChannelOf } from './neffos-bridge.js';
import { checkWire, type WireOptions } from './wire-options.js';

/**
 * An adapter over a broker that speaks as `options.wire` says.
 *
 * @param channelOf how neffos names its channels at this broker
 * @throws {OPTION_INVALID}
 */
export function adapterOver(
  broker: Broker,
  options: BrokerAdapterOptions & WireOptions,
  channelOf: NeffosChannelOf,
): Adapter {
  const prefix = checkWire(options);
  if (prefix === undefined) return new BrokerAdapter(broker, options);
  return new MixedAdapter({ broker, options, channelOf: (name) => channelOf(prefix, name) });
}
