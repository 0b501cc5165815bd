import { type Message, Namespace, type NSConn, On, PublicError } from 'nefeli';
import { readChatMessage } from './chat-message.js';

/** What the server hands on. */
export interface ProtobufEvents {
  /** A `chat.ChatMessage`, in a binary frame. */
  chat: Uint8Array;
  /** Any text. */
  chat_test: string;
}

/** Hands chat messages on as the very bytes that came. They are read only to refuse those that are none. */
@Namespace('default')
export class ProtobufController {
  onChat({ body }: Message, ns: NSConn<ProtobufEvents>): void {
    if (typeof body === 'string') throw new PublicError('A chat message is binary: see /chat.proto.');
    readChatMessage(body);
    ns.broadcastOthers('chat', body);
  }

  /** The same without protobuf, to compare. */
  @On('chat_test')
  onText({ body }: Message, ns: NSConn<ProtobufEvents>): void {
    if (typeof body !== 'string') throw new PublicError('A test message is text.');
    ns.broadcastOthers('chat_test', body);
  }
}
