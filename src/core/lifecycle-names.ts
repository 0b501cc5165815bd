import { SystemEvent } from '../protocol/event-names.js';

/** The place of a member in a namespace: a lifecycle event, or what hears all else. */
const EVENT_OF_MEMBER: ReadonlyMap<string, SystemEvent> = new Map(
  Object.entries(SystemEvent).map(([name, event]) => [`on${name}`, event]),
);

/** The system event that a member stands for by its name: `onRoomJoined` for `_OnRoomJoined`. Every spelling of neffos counts. */
export function systemEventOf(member: string): SystemEvent | undefined {
  const name = member.startsWith('_') ? member.slice(1) : member;
  return EVENT_OF_MEMBER.get(name.startsWith('On') ? `on${name.slice(2)}` : name);
}
