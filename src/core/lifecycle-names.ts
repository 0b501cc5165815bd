import { WsError } from '../errors.js';
import { SystemEvent } from '../protocol/event-names.js';
import { editDistance } from './edit-distance.js';

/** The place of a member in a namespace: a lifecycle event, or what hears all else. */
const EVENT_OF_MEMBER: ReadonlyMap<string, SystemEvent> = new Map(
  Object.entries(SystemEvent).map(([name, event]) => [`on${name}`, event]),
);

/** A member in one spelling of neffos's three, as the table has it: `_OnRoomJoined` and `OnRoomJoined` are `onRoomJoined`. */
function spelt(member: string): string {
  const name = member.startsWith('_') ? member.slice(1) : member;
  return name.startsWith('On') ? `on${name.slice(2)}` : name;
}

/** The system event that a member stands for by its name: `onRoomJoined` for `_OnRoomJoined`. Every spelling of neffos counts. */
export function systemEventOf(member: string): SystemEvent | undefined {
  return EVENT_OF_MEMBER.get(spelt(member));
}

/** From this length on a name has room for two slips of the pen. Below, two make another word: `onRoomPin`, `onRoomJoin`. */
const LONG_NAME = 15;

/** What the same is called elsewhere, in the options of a server and in other libraries: here it would wait for ever. */
const NAMES_ELSEWHERE: ReadonlyMap<string, readonly string[]> = new Map([
  ['onConnect', ['onNamespaceConnect', 'onNamespaceConnected']],
  ['onConnected', ['onNamespaceConnected']],
  ['onDisconnect', ['onNamespaceDisconnect']],
  ['onDisconnected', ['onNamespaceDisconnect']],
]);

const LOOKS_LIKE_MEMBER = /^on[A-Z]/;

/**
 * The lifecycle names that a member comes so close to that one of them is most likely meant, or that it is. Several where
 * they are equally near: `onRoomJoind` may be `onRoomJoin` or `onRoomJoined`.
 */
export function nearestLifecycleNames(member: string): readonly string[] {
  const name = spelt(member);
  const elsewhere = NAMES_ELSEWHERE.get(name);
  if (elsewhere) return elsewhere;
  const names = [...EVENT_OF_MEMBER.keys()];
  const folded = names.filter((lifecycle) => lifecycle.toLowerCase() === name.toLowerCase());
  if (folded.length > 0 || !LOOKS_LIKE_MEMBER.test(name)) return folded;
  const near = names
    .map((lifecycle) => ({ lifecycle, distance: editDistance(lifecycle, name) }))
    .filter(({ lifecycle, distance }) => distance <= (lifecycle.length >= LONG_NAME ? 2 : 1));
  const least = Math.min(...near.map(({ distance }) => distance));
  return near.filter(({ distance }) => distance === least).map(({ lifecycle }) => lifecycle);
}

/**
 * Refuses a member that would wait for a lifecycle event for ever, because its name is not quite that of one.
 *
 * @param origin where it is written, for the message
 * @param hears what it hears by its name, if anything
 * @throws {LIFECYCLE_MISSPELT}
 */
export function refuseMisspelt(origin: string, member: string, hears: SystemEvent | undefined): void {
  const nearest = hears === undefined ? nearestLifecycleNames(member) : [];
  if (nearest.length > 0) throw new WsError('LIFECYCLE_MISSPELT', { origin, nearest });
}
