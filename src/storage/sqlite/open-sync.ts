import type { PairId } from '../../model/ids.js';
import { chunkOwner } from '../ports/arriving.js';
import type { Handle } from './handle.js';

/**
 * Ends an open sync as if it had never been begun: what it received and was to send goes. "Slow needed" stays, so that the device's next
 * sync compares everything if this one was to. @returns 1 when there was one.
 */
export function dropOpenSync(sql: Handle, pair: PairId): number {
  sql.run('DELETE FROM outgoing WHERE pair = ?', pair);
  sql.run('DELETE FROM staged WHERE pair = ?', pair);
  sql.run('DELETE FROM chunk WHERE account = (SELECT account FROM pair WHERE id = ?) AND owner = ?', pair, chunkOwner(pair));
  return sql.run('UPDATE pair SET open_sync = NULL WHERE id = ? AND open_sync IS NOT NULL', pair);
}
