import { UserError } from '../../model/errors.js';
import { untilFree } from './back-off.js';
import type { Connection } from './connection.js';

/** "MOOR": tells a store of ours from any other SQLite file. [SQLite, "Application ID"] */
const APPLICATION_ID = 0x4d4f4f52;

/**
 * Brings the database to the newest shape. Processes that start together wait for one another; what is there already is not touched.
 * @throws {UserError} when the database is of another program or of a newer one.
 */
export async function migrate(connection: Connection, migrations: readonly string[], busyLimitMs: number): Promise<void> {
  await untilFree(() => {
    refuseForeign(connection);
  }, busyLimitMs);
  await untilFree(() => {
    connection.exec('PRAGMA journal_mode = WAL');
  }, busyLimitMs);
  if (versionOf(connection) === migrations.length) return;
  await untilFree(() => {
    connection.exec('BEGIN EXCLUSIVE');
  }, busyLimitMs);
  try {
    const have = versionOf(connection);
    for (const script of migrations.slice(have)) connection.exec(script);
    connection.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }

  function refuseForeign(of: Connection): void {
    const have = versionOf(of);
    const id = of.get<{ application_id: number }>('PRAGMA application_id')?.application_id;
    const tables = of.get<{ n: number }>('SELECT COUNT(*) AS n FROM sqlite_schema')?.n ?? 0;
    if (tables > 0 && id !== APPLICATION_ID)
      throw new UserError('The file moorage.db in the data folder is another program’s database. Name another folder.');
    if (have > migrations.length) {
      throw new UserError(
        `The store is of a newer Moorage (shape ${have}, this program knows ${migrations.length}). Start that version, or restore a snapshot made by this one.`,
      );
    }
  }
}

const versionOf = (connection: Connection): number => connection.get<{ user_version: number }>('PRAGMA user_version')?.user_version ?? 0;
