/** The statements that would bring one backup to the next: carried out on the copy as a device's batch is, and thrown away. [requirements R63] */
import type { RowDifference } from '../../devicedb/jobs.js';
import { UserError } from '../../model/errors.js';
import type { TableChanges } from '../../records/changes.js';
import { sourceOf } from '../database/sources.js';
import type { VerifyRooms } from '../database/verify.js';
import { diffBackups, pick } from './backups.js';
import { findCopy, type CopyName } from './find-copy.js';

export interface DryRun {
  /** SQL, in the order in which it is carried out. */
  readonly statements: readonly string[];
  /** Tables that only the later one has, or that have other columns there: what is in them is not told. */
  readonly others: readonly string[];
  /** There may be more rows than were looked at. */
  readonly cut: boolean;
}

/** @param limit rows at most. @throws {UserError} when one of the two is not kept by records. */
export async function sqlBetween(rooms: VerifyRooms, name: CopyName, before: number, after: number, limit: number): Promise<DryRun> {
  const { store, databases } = rooms;
  const rows = await diffBackups(rooms, name, before, after, limit);
  const { account, summary } = await store.read((tx) => findCopy(tx, name));
  const { number, size, facts } = pick(summary, { generation: before });
  if (!facts.database) throw new UserError(`Backup ${number} is kept by its bytes: no statements change it.`);
  const source = sourceOf(store, account, summary.record.id, number, size);
  const tables = byTable(rows);
  const statements: string[] = [];
  const others: string[] = [];
  // Each by itself: what one of them cannot take says nothing of the next.
  for (const table of tables) {
    const changes = { base: 1, to: 2, schema: [], tables: [table] };
    const done = await databases.apply(source, facts.database, [{ kind: 'batch', changes }], { listStatements: true });
    if ((done.statuses[0]?.status ?? 500) < 300) statements.push(...(done.statements ?? []));
    else others.push(table.name);
  }
  return { statements, others, cut: rows.length === limit };
}

function byTable(rows: readonly RowDifference[]): readonly TableChanges[] {
  return [...new Set(rows.map(({ table }) => table))].map((name) => {
    const own = rows.filter(({ table }) => table === name);
    return {
      name,
      deletes: own.flatMap(({ key, after }) => (after === undefined ? [key] : [])),
      replaces: own.flatMap(({ before, after }) => (before !== undefined && after !== undefined ? [after] : [])),
      adds: own.flatMap(({ before, after }) => (before === undefined && after !== undefined ? [after] : [])),
    };
  });
}
