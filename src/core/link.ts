import type { Room, WaitOptions } from '../ports/conn.js';
import type { Target } from '../ports/hub.js';
import type { Message } from '../ports/message.js';

/** Where a message goes to on the other side. An empty room means the namespace. */
export interface Address {
  readonly namespace: string;
  readonly room: string;
}

/** Everybody in a namespace, or in one room of it. */
export type Circle = Pick<Target, 'namespace' | 'rooms'>;

/** What a namespace and a room need from their connection. They know no more of it. */
export interface Link {
  emit(to: Address, event: string, body: unknown): void;
  ask(to: Address, event: string, body: unknown, options?: WaitOptions): Promise<Message>;
  joinRoom(namespace: string, room: string, options?: WaitOptions): Promise<Room>;
  leaveRoom(room: Room, options?: WaitOptions): Promise<void>;
  disconnect(namespace: string, options?: WaitOptions): Promise<void>;
  broadcast(to: Circle, event: string, body: unknown): void;
  /** As `broadcast`, without this connection. */
  broadcastOthers(to: Circle, event: string, body: unknown): void;
}
