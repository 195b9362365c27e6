/** The digest of a database, computed from all its rows. */
import { DatabaseSync } from '@photostructure/sqlite';
import { databaseDigest, schemaHash, type TableFacts } from '../../records/digest.js';
import { scanTable } from './rows.js';
import { shapeOf } from './tables.js';

/** @throws {Error} when it is no database that can be read. */
export async function digestOf(path: string): Promise<string> {
  const db = new DatabaseSync(path);
  try {
    const shape = shapeOf(db);
    const tables: Record<string, TableFacts> = {};
    for (const table of shape.tables) tables[table.name] = await scanTable(db, table, { pause: () => Promise.resolve() });
    return databaseDigest(schemaHash(shape.userVersion, shape.applicationId, shape.schema), tables);
  } finally {
    db.close();
  }
}
