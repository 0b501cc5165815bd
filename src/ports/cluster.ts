import type { AdapterState } from './adapter.js';

/** An event that another server has emitted. */
export interface ServerEvent {
  /** The name of the server, as in {@link ClusterView.peers}. */
  readonly from: string;
  readonly event: string;
  readonly body: string | Uint8Array;
  /** @throws {BODY_NOT_JSON} */
  json(): unknown;
}

/** `alone`: there is no adapter. `down`: there is one, and its broker cannot be reached; it is being tried for. */
export type ClusterState = AdapterState | 'alone';

/** The servers of an application, seen from one of them. */
export interface ClusterView {
  /** The name of this server: random, and new with each start. */
  readonly serverId: string;
  /** For a health check: `down` means that what is sent reaches the connections of this server only. */
  readonly state: ClusterState;
  /** The names of the other servers, as far as is known. One that dies is forgotten within 12 s. */
  readonly peers: readonly string[];
  /**
   * Sends an event to every other server, not to any connection. Nobody answers; what fails is counted and reported. Alone it does
   * nothing.
   *
   * @param body as with `emit`: a text as it is, bytes as bytes, anything else as JSON
   * @throws {BODY_NOT_SENDABLE}
   */
  emit(event: string, body?: unknown): void;
  /**
   * Hears an event of other servers. What a listener throws, or rejects with, is logged.
   *
   * @returns ends the listening
   */
  on(event: string, listener: (event: ServerEvent) => unknown): () => void;
}
