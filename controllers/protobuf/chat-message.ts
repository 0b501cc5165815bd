import { readFileSync } from 'node:fs';
import { PublicError } from 'nefeli';
import protobuf from 'protobufjs';

/** What somebody says, as the schema has it. */
export interface ChatMessage {
  readonly username: string;
  readonly text: string;
}

const MAX_NAME_LENGTH = 24;
const MAX_TEXT_LENGTH = 500;

const SCHEMA = readFileSync(new URL('public/chat.proto', import.meta.url), 'utf8');
const ChatMessageType = protobuf.parse(SCHEMA).root.lookupType('chat.ChatMessage');

/** Reads a message. @throws PublicError that says what is wrong with it */
export function readChatMessage(bytes: Uint8Array): ChatMessage {
  const { username, text } = decode(bytes);
  if (!isLine(username, MAX_NAME_LENGTH)) throw new PublicError(`A name has 1 to ${MAX_NAME_LENGTH} characters.`);
  if (!isLine(text, MAX_TEXT_LENGTH)) throw new PublicError(`A message has 1 to ${MAX_TEXT_LENGTH} characters.`);
  return { username, text };
}

/** A field that is not there is an empty text. */
function decode(bytes: Uint8Array): ChatMessage {
  try {
    const decoded = ChatMessageType.decode(bytes);
    return ChatMessageType.toObject(decoded, { defaults: true }) as ChatMessage; // by the schema above
  } catch (cause) {
    throw new PublicError('This is no chat.ChatMessage: see /chat.proto.', { cause });
  }
}

const isLine = (text: string, maxLength: number): boolean => text.trim() !== '' && text.length <= maxLength;
