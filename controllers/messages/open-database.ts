import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import sqlite, { type Database } from 'node-sqlite3-wasm';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    recipient TEXT,
    message TEXT NOT NULL,
    time TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS revoked (token TEXT PRIMARY KEY, ends_at_ms INTEGER NOT NULL);
`;

/**
 * Opens the SQLite database in a file, and makes it where there is none. Close it in the end.
 *
 * @throws Error that says what to do when the file is locked
 */
export function openDatabase(file: string): Database {
  mkdirSync(dirname(file), { recursive: true });
  const database = new sqlite.Database(file);
  try {
    database.exec('PRAGMA busy_timeout = 1000');
    database.exec(SCHEMA);
  } catch (cause) {
    database.close();
    throw isLocked(cause) ? new Error(LOCKED.replaceAll('$file', file), { cause }) : cause;
  }
  chmodSync(file, 0o600); // the secret of the sessions is in it
  return database;
}

/** This build of SQLite locks by a folder, which outlives a process that is killed while it writes. */
const LOCKED = 'The database $file is in use. If nothing uses it, remove the folder $file.lock, and start again.';

const isLocked = (error: unknown): boolean => error instanceof sqlite.SQLite3Error && /locked/.test(error.message);

/** The secret that sessions are signed with: made once and kept, so that a restart signs nobody out. */
export function sessionSecretIn(database: Database): string {
  const fresh = randomBytes(32).toString('base64url');
  database.run("INSERT OR IGNORE INTO settings VALUES ('secret', ?)", [fresh]);
  return String(database.get("SELECT value FROM settings WHERE name = 'secret'")?.['value']);
}
