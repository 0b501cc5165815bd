import { z } from 'zod';

/** The name of a user, as it stands in the header `X-UserID`. */
export const UserId = z
  .string()
  .regex(/^[\w.@-]{1,64}$/, 'A userId has 1 to 64 letters, digits, “.”, “@”, “-” or “_”.');

/** What a user is told. Another one for the same user with the same id takes its place, as long as it was not handed over. */
export const Notification = z.object({
  id: z.string().trim().min(1, 'An id has 1 to 64 characters.').max(64, 'An id has 1 to 64 characters.'),
  userId: UserId,
  subject: z
    .string()
    .trim()
    .min(1, 'A subject has 1 to 120 characters.')
    .max(120, 'A subject has 1 to 120 characters.'),
  text: z.string().trim().max(1_000, 'A text has at most 1000 characters.'),
});
export type Notification = z.infer<typeof Notification>;

/** What the namespace `agent` tells its users, by event. */
export interface AgentEvents {
  /** To every connection of the user. Once: what was handed over is forgotten. */
  OnNotification: Notification;
}

/** The fields that are not there, in the order in which they are declared. */
export function missingFieldsOf(body: unknown): string[] {
  const given = typeof body === 'object' && body !== null ? body : {};
  return Object.keys(Notification.shape).filter((name) => !Object.hasOwn(given, name));
}
