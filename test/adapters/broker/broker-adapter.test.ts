import { BrokerAdapter } from '../../../src/adapters/broker/broker-adapter.js';
import { adapterContract } from '../../contract/adapter.contract.js';
import { MemoryBroker } from '../../support/memory-broker.js';

for (const secret of [undefined, 'a secret']) {
  adapterContract({
    name: secret ? 'BrokerAdapter with a secret' : 'BrokerAdapter',
    create: async () => {
      const broker = new MemoryBroker();
      const options = { app: 'test', ...(secret !== undefined && { secret }) };
      return { adapters: [1, 2, 3].map(() => new BrokerAdapter(broker, options)), dispose: async () => {} };
    },
  });
}
