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
`;

/** Opens the SQLite database in a file, and makes it where there is none. Close it in the end. */
export function openDatabase(file: string): Database {
  mkdirSync(dirname(file), { recursive: true });
  const database = new sqlite.Database(file);
  database.exec('PRAGMA busy_timeout = 5000');
  database.exec(SCHEMA);
  chmodSync(file, 0o600); // the secret of the sessions is in it
  return database;
}

/** The secret that sessions are signed with: made once and kept, so that a restart signs nobody out. */
export function sessionSecretIn(database: Database): string {
  const fresh = randomBytes(32).toString('base64url');
  database.run("INSERT OR IGNORE INTO settings VALUES ('secret', ?)", [fresh]);
  return String(database.get("SELECT value FROM settings WHERE name = 'secret'")?.['value']);
}
