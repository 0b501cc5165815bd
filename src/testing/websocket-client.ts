import { systemScheduler } from '../core/web-platform.js';
import type { EventMap, EventsOf } from '../ports/conn.js';
import { AdoptedSocket, type WebSocketLike } from './adopted-socket.js';
import { ClientEnd } from './client-end.js';
import { openClient } from './open-client.js';
import type { ClientNamespaces } from './options.js';
import { patientFor } from './patience.js';
import type { TestClient } from './test-client.js';

/** How a client speaks over a WebSocket. */
export interface TestClientOptions extends ClientNamespaces {
  /** Raw messages only, as the option of the server. */
  readonly native?: 'only';
  /** How long `expectEvent` waits, in milliseconds. @default 1000 */
  readonly timeoutMs?: number;
  /** How long asks wait for their replies, in milliseconds. @default 4000, less than the five seconds most runners give a test */
  readonly askTimeoutMs?: number;
  /** Hears what handlers given to `on` throw. @default thrown where nobody catches it, so that the test fails */
  readonly onError?: (error: unknown) => void;
}

/** How long nothing may come for `expectNoEvent` to be sure, in milliseconds. */
const SILENCE_MS = 100;

/**
 * The same client as that of {@link testNamespace}, over a WebSocket: that of `app.injectWS`, of the package `ws`, or of a
 * browser. It may be opening still.
 *
 * ```ts
 * const anna = await testClient(await app.injectWS('/ws'), { namespace: 'chat' });
 * ```
 *
 * It listens from the moment of this call on: `ws` throws away what comes before.
 *
 * @throws a `RemoteError` with the text of the server's refusal; {CONN_CLOSED} where the upgrade was refused, or no answer came
 */
export async function testClient<Hears extends EventsOf<Hears> = EventMap>(
  socket: WebSocketLike,
  options: TestClientOptions = {},
): Promise<TestClient<Hears>> {
  const { native, timeoutMs = 1_000, askTimeoutMs = 4_000, onError = throwAloud } = options;
  const adopted = new AdoptedSocket(socket);
  await adopted.opened;
  const end = new ClientEnd(adopted, {
    scheduler: systemScheduler,
    askTimeoutMs,
    native,
    onError,
    blame: () => undefined,
  });
  const client = await openClient(end, {
    to: options,
    defaultNamespace: 'default',
    native,
    patience: { toCome: patientFor(timeoutMs), notToCome: patientFor(SILENCE_MS) },
    closed: end.conn.closed,
  });
  return client as unknown as TestClient<Hears>; // the test says what its server sends
}

function throwAloud(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
