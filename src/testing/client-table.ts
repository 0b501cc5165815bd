import type { EventHandler } from '../core/event-maps.js';
import type { EventTable, Handler, LifecycleEvent, NamespaceTable } from '../core/event-table.js';
import { WsError } from '../errors.js';
import { NATIVE_MESSAGE, SystemEvent } from '../protocol/event-names.js';
import type { Recorder } from './recorder.js';

/** The lifecycle events that tell of what has happened. */
const TOLD: readonly LifecycleEvent[] = [
  SystemEvent.NamespaceConnected,
  SystemEvent.NamespaceDisconnect,
  SystemEvent.RoomJoined,
  SystemEvent.RoomLeft,
];

/**
 * What a test's client serves: every namespace there may be, so that the server decides which it knows. All that comes is
 * recorded, and then handled by what the test has given for its name.
 */
export class ClientTable extends Map<string, NamespaceTable> implements EventTable {
  readonly #recorder: Recorder;
  readonly #handlers: ReadonlyMap<string, EventHandler>;

  constructor(recorder: Recorder, handlers: ReadonlyMap<string, EventHandler>) {
    super();
    this.#recorder = recorder;
    this.#handlers = handlers;
    this.get(''); // whoever looks through the table sees from the start that nothing waits for anything in it
  }

  override get(namespace: string): NamespaceTable {
    const table = super.get(namespace) ?? this.#make(namespace);
    this.set(namespace, table);
    return table;
  }

  #make(namespace: string): NamespaceTable {
    const hear = this.#hear;
    const record: Handler = (msg) => this.#recorder.add(msg);
    return {
      namespace,
      concurrency: 'parallel', // a handler of the test that never ends does not keep the rest from being heard
      events: new Map(),
      lifecycle: new Map(TOLD.map((event) => [event, record])),
      any: { name: SystemEvent.AnyEvent, run: hear },
      ...(namespace === '' && { native: { name: NATIVE_MESSAGE, run: hear } }),
    };
  }

  readonly #hear: Handler = (msg, ns) => {
    this.#recorder.add(msg);
    const handler = this.#handlers.get(msg.event);
    if (handler) return handler(msg, ns);
    if (msg.isAsk) throw new WsError('EVENT_UNKNOWN', { namespace: msg.namespace, event: msg.event });
    return undefined;
  };
}
