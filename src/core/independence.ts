import { SystemEvent } from '../protocol/event-names.js';
import type { WireMessage } from '../protocol/message.js';
import type { ConnContext } from './conn-context.js';

/** What is under way in a namespace: an event, or one of the four requests, whoever made it. */
interface UnderWay {
  readonly namespace: string;
  readonly room: string;
  readonly event: string;
}

/**
 * Whether what the other side asks need not wait until something in the same namespace is done: its handler may wait for
 * exactly that answer. What depends on a request waits: a namespace is connected once it is acknowledged; a room is joined or
 * left, and a namespace disconnected, only after the handlers of that have run.
 */
export function isIndependent(context: ConnContext, underWay: UnderWay, asked: WireMessage): boolean {
  switch (underWay.event) {
    case SystemEvent.NamespaceConnect:
      return context.connected.has(underWay.namespace);
    case SystemEvent.NamespaceDisconnect:
      return false;
    case SystemEvent.RoomJoin:
    case SystemEvent.RoomLeave:
      return asked.room !== underWay.room;
    default:
      return true;
  }
}
