import { PublicError } from 'nefeli';

const MAX_NAME_LENGTH = 24;
const MAX_TEXT_LENGTH = 500;

/** Letters, digits, `-` and `_` of any language: a room's name is part of the page's address. */
const ROOM_NAME = /^[\p{L}\p{M}\p{N}_-]{1,24}$/u;
/** Characters without a look of their own, by which one name could pass for another: controls, direction marks. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/u;

/** Reads a visitor's name. @throws PublicError that says what a name is */
export function readName(input: unknown): string {
  const name = typeof input === 'string' ? input.trim().replace(/\s+/g, ' ') : '';
  if (name === '' || lengthOf(name) > MAX_NAME_LENGTH || INVISIBLE.test(name)) {
    throw new PublicError(`A name has 1 to ${MAX_NAME_LENGTH} visible characters.`);
  }
  return name;
}

/** Reads what a visitor says. @throws PublicError that says how long a message may be */
export function readText(input: unknown): string {
  const text = typeof input === 'string' ? input.trim() : '';
  if (text === '' || lengthOf(text) > MAX_TEXT_LENGTH) {
    throw new PublicError(`A message has 1 to ${MAX_TEXT_LENGTH} characters.`);
  }
  return text;
}

/** @throws PublicError that says what a room may be called */
export function checkRoomName(name: string): void {
  if (ROOM_NAME.test(name)) return;
  throw new PublicError('A room name has 1 to 24 letters, digits, “-” or “_”.');
}

/** Characters as people count them, not the halves that some of them are stored in. */
const lengthOf = (text: string): number => [...text].length;
