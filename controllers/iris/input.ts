import { PublicError } from 'nefeli';
import { z } from 'zod';

const MAX_TEXT_LENGTH = 500;

const Whisper = z.object({ id: z.string(), text: z.string() });

/** Reads what a visitor says. @throws PublicError that says what a message is */
export function readText(input: string | Uint8Array): string {
  if (typeof input !== 'string') throw new PublicError('A message is text: old pages read no bytes.');
  if (input.trim() === '' || input.length > MAX_TEXT_LENGTH) {
    throw new PublicError(`A message has 1 to ${MAX_TEXT_LENGTH} characters.`);
  }
  return input;
}

/** Reads to whom a visitor whispers, and what. @throws PublicError that says what a whisper is */
export function readWhisper(input: unknown): z.infer<typeof Whisper> {
  const { data, success } = Whisper.safeParse(input);
  if (!success) throw new PublicError('A whisper is an object with an id and a text.');
  return data;
}
