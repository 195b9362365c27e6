/** The modification number that an application keeps: `table.column`. */
import { UserError } from '../../model/errors.js';

/** The table's name may have points, the column's not. @throws {UserError} */
export function parseMark(text: string): { readonly table: string; readonly column: string } {
  const point = text.lastIndexOf('.');
  if (point < 1 || point === text.length - 1) throw new UserError(`${text} names no column: write table.column, such as settings.changed.`);
  return { table: text.slice(0, point), column: text.slice(point + 1) };
}
