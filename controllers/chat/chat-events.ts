/** A visitor as the others see them. The id is the one of the connection; names change. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** Something that was said in a room, under the name its author had then. */
export interface ChatLine {
  readonly room: string;
  readonly from: Person;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A room, and how many people are in it. */
export interface RoomSize {
  readonly name: string;
  readonly count: number;
}

/** What the server tells the page, by event. Every body is JSON. */
export interface ChatEvents {
  /** The first event of all: who you are. */
  welcome: Person;
  /** The rooms that there are: to everybody, whenever one of them changes. */
  rooms: readonly RoomSize[];
  /** You are in this room, and this is what has been said. */
  history: { readonly room: string; readonly lines: readonly ChatLine[] };
  /** Who is in your room, whenever that changes. */
  roster: { readonly room: string; readonly people: readonly Person[] };
  chat: ChatLine;
  /** What happened in your room: somebody came, left, or has another name now. */
  notice: { readonly room: string; readonly text: string; readonly at: number };
}
