import { z } from 'zod';

const MAX_TODOS = 100;
const TITLE_RULE = 'A to-do has a title of 1 to 200 characters.';

/** One line of the list. */
export const Todo = z.object({
  id: z.number('A to-do has a number.').int('A to-do has a whole number.').positive('A to-do is counted from 1 on.'),
  title: z.string(TITLE_RULE).trim().min(1, TITLE_RULE).max(200, TITLE_RULE),
  completed: z.boolean('A to-do is completed or not.'),
});
export type Todo = z.infer<typeof Todo>;

/** A whole list, in the order of the page. */
export const TodoList = z
  .array(Todo, 'Send a list of to-dos.')
  .max(MAX_TODOS, `A list has at most ${MAX_TODOS} to-dos.`)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'Two to-dos have one number.');

/** What the namespace `todos` tells the page, by event. */
export interface TodoEvents {
  /** To every tab of the session whose list was saved. */
  saved: readonly Todo[];
}
