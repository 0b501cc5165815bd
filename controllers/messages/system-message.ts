import { z } from 'zod';

/** A message as the page gets it, over the websocket and in the list of the past ones. */
export interface SystemMessage {
  /** Counts from 1 on, also over restarts: what comes on both ways is recognised by it. */
  readonly id: number;
  /** Who has sent it. */
  readonly username: string;
  readonly message: string;
  /** When, in the form of ISO 8601. */
  readonly time: string;
}

const MESSAGE_RULE = 'A message has 1 to 500 characters.';
const USER_RULE = 'A user is a name of at most 24 characters.';

/** What is sent, and to whom: to everybody where no user is named. Forms send an empty text for that. */
export const Draft = z.object(
  {
    message: z.string(MESSAGE_RULE).trim().min(1, MESSAGE_RULE).max(500, MESSAGE_RULE),
    user: z
      .string(USER_RULE)
      .trim()
      .max(24, USER_RULE)
      .optional()
      .transform((name) => name || undefined),
  },
  'Send a form or JSON with a message and, if it is for one, a user.',
);
export type Draft = z.infer<typeof Draft>;
