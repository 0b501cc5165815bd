import type { Database } from 'node-sqlite3-wasm';
import type { Revocations } from '../authentication/revoked-tokens.js';

/** Who has signed out stays signed out over restarts, as who has signed in stays signed in. */
export class KeptRevocations implements Revocations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  add(id: string, endsAtMs: number): void {
    this.#database.run('DELETE FROM revoked WHERE ends_at_ms < ?', [Date.now()]);
    this.#database.run('INSERT OR IGNORE INTO revoked VALUES (?, ?)', [id, endsAtMs]);
  }

  has(id: string): boolean {
    return this.#database.get('SELECT 1 FROM revoked WHERE token = ?', [id]) !== null;
  }
}
