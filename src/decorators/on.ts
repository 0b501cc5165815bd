import { type EventMethod, recordOf } from './controller-record.js';

/**
 * Runs the method when an event of exactly this name arrives, instead of the name that the method's own name stands for.
 *
 * @param event a system event of neffos (`_OnRoomJoined`) as well as a name of one's own
 */
export function On(
  event: string,
): <Method extends EventMethod>(
  prototype: object,
  method: string,
  descriptor: TypedPropertyDescriptor<Method>,
) => void {
  return (prototype, method) => {
    recordOf(prototype.constructor).events.push({ method, event });
  };
}
