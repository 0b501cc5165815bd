import type { Database } from 'node-sqlite3-wasm';
import type { Draft, SystemMessage } from './system-message.js';

/** Older ones are dropped: a table grows for ever unless somebody says when it ends. */
const MAX_MESSAGES = 10_000;

/** The messages in the database. Nobody but this class writes SQL about them. */
export class MessageStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Keeps a message, and gives it as its receivers get it. */
  add(username: string, { message, user = null }: { message: string; user?: Draft['user'] | null }): SystemMessage {
    const time = new Date().toISOString();
    const { lastInsertRowid } = this.#database.run(
      'INSERT INTO messages (username, recipient, message, time) VALUES (?, ?, ?, ?)',
      [username, user, message, time],
    );
    const id = Number(lastInsertRowid);
    this.#database.run('DELETE FROM messages WHERE id <= ?', [id - MAX_MESSAGES]);
    return { id, username, message, time };
  }

  remove(id: number): void {
    this.#database.run('DELETE FROM messages WHERE id = ?', [id]);
  }

  /** The last messages that somebody was meant to get, the oldest first. */
  latestFor(username: string, count: number): SystemMessage[] {
    const rows = this.#database.all(
      `SELECT id, username, message, time FROM messages
       WHERE recipient IS NULL OR recipient = ? ORDER BY id DESC LIMIT ?`,
      [username, count],
    );
    return (rows as unknown as SystemMessage[]).reverse(); // the columns that are selected
  }
}
