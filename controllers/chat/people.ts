import { PublicError } from 'nefeli';
import type { Person, RoomSize } from './chat-events.js';
import { guestName } from './guest-name.js';

/** The room that is always there, empty or not. */
export const LOBBY = 'lobby';

/** How many people the chat has chairs for. Nothing here can grow beyond it. */
const MAX_PEOPLE = 200;

interface Visitor {
  readonly id: string;
  name: string;
  room: string | undefined;
}

/**
 * Who is here, under which name, and in which room. A room is there as long as somebody is in it.
 *
 * It knows the people of this process. Among several, they belong where all processes can see them.
 */
export class People {
  readonly #visitors = new Map<string, Visitor>();

  /**
   * Lets somebody in: under the name they wish if nobody has it, and else under a friendly one.
   *
   * @throws PublicError when the chat is full
   */
  enter(id: string, wish: string | undefined): Person {
    if (this.#visitors.size >= MAX_PEOPLE) throw new PublicError('The chat is full. Come back a little later.');
    const isFree = (name: string): boolean => this.#isFree(name, id);
    const name = wish !== undefined && isFree(wish) ? wish : guestName(isFree);
    this.#visitors.set(id, { id, name, room: undefined });
    return { id, name };
  }

  /** Forgets them. */
  leave(id: string): void {
    this.#visitors.delete(id);
  }

  /** @throws PublicError when somebody else has the name */
  rename(id: string, name: string): void {
    if (!this.#isFree(name, id)) throw new PublicError(`Somebody here is called “${name}” already.`);
    this.#visitor(id).name = name;
  }

  /** Puts them into a room, or into none. */
  move(id: string, room: string | undefined): void {
    this.#visitor(id).room = room;
  }

  get(id: string): Person {
    return { id, name: this.#visitor(id).name };
  }

  /** The people in a room, in the order in which they came to the chat. */
  in(room: string): Person[] {
    return [...this.#visitors.values()]
      .filter((visitor) => visitor.room === room)
      .map(({ id, name }) => ({ id, name }));
  }

  /** The rooms, the lobby first, the others by name. */
  rooms(): RoomSize[] {
    const counts = new Map([[LOBBY, 0]]);
    for (const { room } of this.#visitors.values())
      if (room !== undefined) counts.set(room, (counts.get(room) ?? 0) + 1);
    const [lobby, ...others] = Array.from(counts, ([name, count]) => ({ name, count }));
    return [...(lobby ? [lobby] : []), ...others.sort((a, b) => a.name.localeCompare(b.name))];
  }

  #visitor(id: string): Visitor {
    const visitor = this.#visitors.get(id);
    if (!visitor) throw new Error(`nobody with the id ${id} is here`);
    return visitor;
  }

  /** Two names that look the same are the same. */
  #isFree(name: string, id: string): boolean {
    const wanted = looksOf(name);
    return ![...this.#visitors.values()].some((visitor) => visitor.id !== id && looksOf(visitor.name) === wanted);
  }
}

const looksOf = (name: string): string => name.normalize('NFKC').toLowerCase();
