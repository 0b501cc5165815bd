import { isRequestEvent, SystemEvent } from '../protocol/event-names.js';
import type { Frame } from '../protocol/message.js';

/** A frame that a handler is to see. */
export type HandledFrame = Extract<Frame, { kind: 'message' | 'native' }>;

type MessageFrame = Extract<HandledFrame, { kind: 'message' }>;

/** The namespace whose handlers it waits for. */
export const laneOf = (frame: HandledFrame): string => (frame.kind === 'native' ? '' : frame.message.namespace);

/** Whether it is one of the four requests that change what others count on. */
export const isRequest = (frame: HandledFrame): boolean =>
  frame.kind === 'message' && isRequestEvent(frame.message.event);

/** Whether the other side waits for an answer. */
export const isAsk = (frame: HandledFrame): frame is MessageFrame =>
  frame.kind === 'message' && frame.message.wait !== '';

/** Whether it leaves the namespace. */
export const isDisconnect = (frame: HandledFrame): boolean =>
  frame.kind === 'message' && frame.message.event === SystemEvent.NamespaceDisconnect;
