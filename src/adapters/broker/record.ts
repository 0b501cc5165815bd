import type { Envelope } from '../../ports/adapter.js';

/** A number of a broadcast or an event: the n-th of its sender on its channel, since the sender has begun to count there. */
export interface Sequence {
  /** Which beginning: greater than all before of the same sender. */
  readonly epoch: number;
  readonly n: number;
}

/** How far a sender has come on a channel. */
export interface ChannelCount extends Sequence {
  readonly channel: string;
}

/**
 * What adapters tell each other about themselves. `hello`: I have come, or come back; answer me. `here`: I am alive. `bye`: I go.
 */
export interface Control {
  readonly kind: 'hello' | 'here' | 'bye';
  readonly from: string;
  readonly counts: readonly ChannelCount[];
}

/** What a packet carries. */
export type Message = Envelope | Control;

/** Whether a message is for adapters, and not for servers. */
export function isControl(message: Message): message is Control {
  return 'counts' in message;
}

/** A message, numbered where it is one that must not be missed. */
export interface NumberedMessage {
  readonly message: Message;
  readonly sequence: Sequence | undefined;
}
