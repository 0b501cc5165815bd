import { inject } from 'inversify';
import { Broadcaster, Conn, eventMatchers, Namespace } from 'nefeli';
import type { TodoEvents } from './todo.js';
import { TodoLists } from './todo-lists.js';

/** The other half: keeps the tabs of a session the same. Its methods are its events, by exactly their names. */
@Namespace('todos', { eventMatcher: eventMatchers.exact })
export class TodosSyncController {
  constructor(
    @inject(Conn) private readonly conn: Conn,
    @inject(TodoLists) private readonly lists: TodoLists,
    @inject(Broadcaster) private readonly broadcaster: Broadcaster<{ todos: TodoEvents }>,
  ) {}

  /** A tab has saved over HTTP. What it has saved is told from here: what a tab might claim does not count. */
  save(): void {
    const session = this.conn.id;
    this.broadcaster.in('todos').to(session).broadcast('saved', this.lists.of(session));
  }
}
