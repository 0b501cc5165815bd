import type { FrameData } from '../protocol/message.js';

/** A message made ready for the socket. `binary` is the opcode, so that text that is bytes already can leave as text. */
export interface OutgoingFrame {
  readonly data: FrameData;
  readonly binary: boolean;
  /**
   * Whether a slow reader may lose it. Replies, acknowledgements and asks are never lost: somebody waits for them.
   */
  readonly droppable: boolean;
}

/** What a socket tells whoever listens. `onClose` comes once, last. */
export interface SocketListener {
  /** A whole message: a string from a text frame, bytes from a binary one. The bytes are not written to again. */
  onFrame(data: FrameData): void;
  onPong(): void;
  /** A message takes too long to come. It goes on coming unless the socket is closed, and this is told again. */
  onOverdue(): void;
  /**
   * What has come of messages that are not whole is too much, over all sockets, and this one has the oldest. What it has is not
   * counted any more: it must go, at once.
   */
  onCrowded(): void;
  /** Everything that was sent has left this process. */
  onDrain(): void;
  onClose(code: number, reason: string): void;
}

/** What whoever listens does. */
export interface ListenOptions {
  /** It sends nothing at so many `bufferedBytes` before it hears `onDrain`. A small number costs a callback a message. @default 0 */
  readonly holdBackBytes?: number;
}

/** What takes frames. Never throws; after the close it does nothing. */
export interface FrameSink {
  /** @returns whether `onDrain` will tell when it has left. If not there is nothing to wait for: it has left, or will very soon. */
  send(frame: OutgoingFrame): boolean;
}

/** One WebSocket, whatever carries it. Its methods never throw; after the close they do nothing. */
export interface Socket extends FrameSink {
  readonly isOpen: boolean;
  /** Bytes that were sent and have not left this process. */
  readonly bufferedBytes: number;
  /** Of `bufferedBytes`, those that are held back and may be dropped still. None where nothing is. @default 0 */
  readonly heldBytes?: number;
  /** Bytes of all frames that were sent and have been dropped, with their headers. None where nothing is. @default 0 */
  readonly droppedBytes?: number;
  /** Bytes that have come of a message that is not whole yet. 0 between messages, and where nobody can tell. */
  readonly unfinishedBytes: number;
  /** Bytes that have to leave this process before the last ping can. 0 when it has left, and where nobody can tell. */
  readonly bytesBeforePing: number;

  /**
   * Called once. What arrived before is handed over then, in order.
   *
   * @returns what to send by from now on: the socket itself, or a shorter way
   */
  listen(listener: SocketListener, options?: ListenOptions): FrameSink;
  ping(): void;
  /** Stops reading, so that the peer is slowed down. What has been read already may still be handed over. */
  pause(): void;
  resume(): void;
  /** Sends a close frame. The socket ends by itself if the peer does not answer. */
  close(code: number, reason: string): void;
  /** Ends the socket at once, without a close frame. */
  terminate(): void;
}
