const MOODS = [
  ...['Amber', 'Brave', 'Calm', 'Clever', 'Gentle', 'Jolly'],
  ...['Kind', 'Lucky', 'Merry', 'Quiet', 'Sunny', 'Swift'],
];
const ANIMALS = [
  ...['Badger', 'Crane', 'Dolphin', 'Finch', 'Fox', 'Hare', 'Heron', 'Ibis', 'Koala', 'Lark'],
  ...['Lynx', 'Marten', 'Otter', 'Owl', 'Panda', 'Puffin', 'Raven', 'Seal', 'Swan', 'Wren'],
];
const NAMES = MOODS.flatMap((mood) => ANIMALS.map((animal) => `${mood} ${animal}`));

/**
 * A friendly name for who has not said one, found from a random place on.
 *
 * There are 240 of them: as long as the chat has fewer chairs than that, one is free.
 */
export function guestName(isFree: (name: string) => boolean): string {
  const start = Math.floor(Math.random() * NAMES.length);
  const name = [...NAMES.slice(start), ...NAMES.slice(0, start)].find(isFree);
  if (name === undefined) throw new Error('every guest name is taken: there must be more of them than people');
  return name;
}
