/** The stamp of a file, or of the column its application keeps for it. */
import { DatabaseSync } from '@photostructure/sqlite';
import { UserError } from '../../model/errors.js';
import type { FileEntry, Stamp } from '../state/state-types.js';
import { stampOf } from './stamp.js';
import { quoted } from './tables.js';

const BUSY_MS = 10_000;

/** `table.column`; the table's name may have points, the column's not. */
export function parseMark(text: string): { readonly table: string; readonly column: string } {
  const point = text.lastIndexOf('.');
  if (point < 1 || point === text.length - 1) throw new UserError(`${text} names no column: write table.column, such as settings.changed.`);
  return { table: text.slice(0, point), column: text.slice(point + 1) };
}

/** @param now milliseconds since 1970. @throws {UserError} when the file is not there, {Error} of the file system. */
export function stampFor({ settings }: FileEntry, now: number): Stamp {
  const { path, mark } = settings;
  let stamp: Stamp;
  try {
    stamp = stampOf(path, now);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UserError(code === 'ENOENT' ? `${path} is not there.` : `${path} cannot be read: ${message}.`, { cause });
  }
  return mark === undefined ? stamp : { ...stamp, mark: readMark(path, mark) };
}

function readMark(path: string, text: string): string {
  const { table, column } = parseMark(text);
  const db = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
  try {
    // The largest, should there be more than one row.
    const statement = db.prepare(`SELECT max(${quoted(column)}) AS value FROM main.${quoted(table)}`);
    statement.setReadBigInts(true);
    return String((statement.get() as { value: unknown }).value);
  } catch (cause) {
    throw new UserError(`The column ${text} of ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  } finally {
    db.close();
  }
}
