import { RemoteError, WsError } from '../errors.js';
import type { ClientEnd } from './client-end.js';
import type { ClientNamespaces } from './options.js';
import { type ClientParts, TestClient } from './test-client.js';

/** What of a client is the same whatever carries it. */
export interface OpenOptions extends Omit<ClientParts, 'end' | 'namespace'> {
  readonly to: ClientNamespaces;
  /** The namespace that is meant where nothing is said. */
  readonly defaultNamespace: string;
  /** Raw messages have one namespace, which is connected from the start. */
  readonly native?: 'only' | undefined;
}

/**
 * Opens a connection and connects its namespaces. Who is refused does not stay connected.
 *
 * @throws a {@link RemoteError} with the server's refusal, or {CONN_CLOSED}
 */
export async function openClient(end: ClientEnd, options: OpenOptions): Promise<TestClient<never>> {
  const { to, defaultNamespace, native, ...parts } = options;
  const namespace = native === 'only' ? '' : (to.namespace ?? to.namespaces?.[0] ?? defaultNamespace);
  const client = new TestClient<never>({ ...parts, end, namespace });
  try {
    await end.open();
    for (const name of native === 'only' ? [] : (to.namespaces ?? [namespace])) {
      await client.connect(name, name === namespace ? { body: to.body } : {});
    }
    return client;
  } catch (error) {
    end.conn.close();
    throw refusalOf(error);
  }
}

/** A server refuses a connection in its first frame, and a namespace in an answer: to a test it is the same. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof WsError) || error.code !== 'CONN_REFUSED') return error;
  const { text } = error.details as { readonly text: string }; // those of CONN_REFUSED
  return new RemoteError(text);
}
