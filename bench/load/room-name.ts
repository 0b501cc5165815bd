/** What the rooms of the benchmark are called, by their numbers. */
export function roomName(room: number): string {
  return `room-${room}`;
}
