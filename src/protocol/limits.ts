/** The longest names that a frame may carry, in bytes of UTF-8. A frame with a longer one is malformed. */
export interface NameLimits {
  /** @default 64 */
  readonly maxWaitBytes: number;
  /** @default 128 */
  readonly maxNamespaceBytes: number;
  /** @default 256 */
  readonly maxRoomBytes: number;
  /** @default 128 */
  readonly maxEventBytes: number;
}

/**
 * The caps leave room, and keep logs readable.
 *
 * @source Real names have 5 to 40 characters; a token of neffos has 20 to 28.
 */
export const DEFAULT_NAME_LIMITS: NameLimits = {
  maxWaitBytes: 64,
  maxNamespaceBytes: 128,
  maxRoomBytes: 256,
  maxEventBytes: 128,
};

/** What one connection may cost. */
export interface ConnLimits extends NameLimits {
  /** The largest message, in bytes, that is read or sent. A larger one that comes closes with 1009. @default 1 MiB */
  readonly maxMessageBytes: number;
  /** How long a message may take to come, in milliseconds, from its first byte to its last. A longer one closes with 1013. @default 120000 */
  readonly messageTimeoutMs: number;
  /** Rooms that one connection may have joined at a time, over all its namespaces. @default 1000 */
  readonly maxRooms: number;
  /** Namespaces that one connection may be connected to at a time. @default 64 */
  readonly maxNamespaces: number;
  /** Asks of this side that may wait for replies at a time. @default 10000 */
  readonly maxPendingAsks: number;
  /** Frames that may arrive before the handshake. One more closes with 1008. @default 16 */
  readonly maxEarlyFrames: number;
  /** Bytes that may arrive before the handshake. @default 64 KiB */
  readonly maxEarlyBytes: number;
  /** How long a peer may take for the handshake after the upgrade, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs: number;
  /** Frames that may wait for a handler before reading is paused. @default 256 */
  readonly maxInboxFrames: number;
  /** Bytes that may wait for a handler before reading is paused. @default 1 MiB */
  readonly maxInboxBytes: number;
  /**
   * Handlers of one connection that may run at once: of namespaces that are handled in parallel, and while each of them waits
   * for an ask of its own. @default 16
   */
  readonly maxRunningHandlers: number;
  /** Messages a second that are handled; faster ones wait, and reading is paused. @default Infinity */
  readonly messagesPerSecond: number;
  /** Messages that may come at once before `messagesPerSecond` counts. @default twice `messagesPerSecond` */
  readonly messageBurst: number;
}

const MIB = 1024 * 1024;

/** Defaults that do not bite honest use. */
export const DEFAULT_CONN_LIMITS: ConnLimits = {
  ...DEFAULT_NAME_LIMITS,
  maxMessageBytes: MIB,
  messageTimeoutMs: 120_000, // the largest message at 9 KB a second
  maxRooms: 1_000,
  maxNamespaces: 64,
  maxPendingAsks: 10_000,
  maxEarlyFrames: 16,
  maxEarlyBytes: 64 * 1024,
  handshakeTimeoutMs: 10_000,
  maxInboxFrames: 256,
  maxInboxBytes: MIB,
  maxRunningHandlers: 16,
  messagesPerSecond: Number.POSITIVE_INFINITY,
  messageBurst: Number.POSITIVE_INFINITY,
};

/**
 * For servers on the open internet whose clients are known to be modest.
 *
 * @source OWASP WebSocket cheat sheet (64 KiB messages, 100 messages a second); Centrifugo's defaults (128 channels
 * a client)
 */
export const STRICT_CONN_LIMITS: ConnLimits = {
  ...DEFAULT_CONN_LIMITS,
  maxMessageBytes: 64 * 1024,
  messageTimeoutMs: 30_000,
  maxRooms: 128,
  maxNamespaces: 32,
  maxPendingAsks: 100,
  maxInboxFrames: 16,
  maxInboxBytes: 128 * 1024,
  messagesPerSecond: 100,
  messageBurst: 200,
};
