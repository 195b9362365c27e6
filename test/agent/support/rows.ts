/** A phone's database: a table of each kind of key. */
import type { DatabaseSync } from '@photostructure/sqlite';

export const CONTACTS = `
CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT);
CREATE TABLE notes (title TEXT PRIMARY KEY, text TEXT) WITHOUT ROWID;
CREATE TABLE calls (number TEXT, at REAL, data BLOB);
`;

/** 100 rows in each of the three tables. */
export function fill(db: InstanceType<typeof DatabaseSync>): void {
  db.exec('BEGIN');
  for (let i = 1; i <= 100; i += 1) {
    db.prepare('INSERT INTO contacts VALUES (?, ?, ?)').run(i, `Name ${i}`, `+49 ${i * 7919}`);
    db.prepare('INSERT INTO notes VALUES (?, ?)').run(`note ${i}`, `text of note ${i} `.repeat(5));
    db.prepare('INSERT INTO calls VALUES (?, ?, ?)').run(`${i}`, i + 0.5, Buffer.from([i, 0, 255 - i]));
  }
  db.exec('COMMIT');
}
