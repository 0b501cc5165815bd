import type { Message } from '../ports/message.js';
import { isReservedEvent, NATIVE_MESSAGE } from '../protocol/event-names.js';
import type { Body } from '../protocol/message.js';

/** How a body of this type arrives: text as text, bytes as bytes. */
type BodyOf<T> = [T] extends [string] ? string : [T] extends [Uint8Array] ? Uint8Array : Body;

/**
 * Something that a test's client has been sent, or that its namespace or room has gone through.
 *
 * @typeParam T what the test says that the server sends: `json()` gives it as that, unchecked
 */
export interface HeardEvent<T = unknown> extends Message<BodyOf<T>> {
  json(): T;
}

/** Whether it tells of a namespace or a room, and is nothing that the application has sent. */
export function isLifecycle(event: string): boolean {
  return isReservedEvent(event) && event !== NATIVE_MESSAGE;
}

/** The most characters of a body that a message repeats. */
const MAX_SHOWN_BODY = 60;

/** The name of an event, for messages. */
export function nameOf(event: string): string {
  return event === NATIVE_MESSAGE ? 'of raw messages' : JSON.stringify(event);
}

/** An event in a line, for messages: `"chat" in the room "lobby": hello`. */
export function describeEvent({ event, room, body }: Message): string {
  const place = room === '' ? '' : ` in the room ${JSON.stringify(room)}`;
  const name = event === NATIVE_MESSAGE ? 'a raw message' : nameOf(event);
  return `${name}${place}${shownBody(body)}`;
}

function shownBody(body: Body): string {
  if (body.length === 0) return '';
  if (typeof body !== 'string') return `: ${body.length} bytes`;
  return body.length > MAX_SHOWN_BODY ? `: ${body.slice(0, MAX_SHOWN_BODY)}…` : `: ${body}`;
}
