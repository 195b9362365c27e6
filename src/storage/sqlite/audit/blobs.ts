/** Reads every blob that a row names: it must open, and hold what its name stands for. */
import type { AccountId } from '../../../model/ids.js';
import { StoreError } from '../../../model/errors.js';
import type { AuditRooms } from './audit.js';
import { groundAgain, RULES } from './grounds.js';
import type { Terms } from './rule.js';
import type { Sighting } from './walk.js';

interface Naming {
  readonly account: AccountId;
  readonly datastore: number;
  readonly guid: number;
  readonly revision: number;
}

/** Rules that read a blob when they are asked about a single row, and what of a version names the row to them. */
const DEEP: readonly (readonly [string, (row: Naming) => readonly number[]])[] = [
  ['item-content', (row) => [row.guid]],
  ['item-keys', (row) => [row.guid]],
  ['older-version', (row) => [row.guid, row.revision]],
];

/** Suspects; undefined for each blob that was read and found in order. Staged blobs are young and go with their refresh. */
export async function* auditBlobs(
  rooms: AuditRooms,
  terms: Terms,
  account: AccountId | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Sighting | undefined> {
  for (let after = ''; ;) {
    signal?.throwIfAborted();
    const name = await rooms.read(
      (sql) => sql.get<{ blob: string | null }>('SELECT MIN(blob) AS blob FROM item_version WHERE blob > ?', after)?.blob ?? undefined,
    );
    if (name === undefined) return;
    after = name;
    const namings = await rooms.read((sql) =>
      sql.all<Naming>(
        `SELECT d.account, v.datastore, v.guid, v.revision FROM item_version v JOIN datastore d ON d.id = v.datastore
         WHERE v.blob = ?1 AND (?2 IS NULL OR d.account = ?2)`,
        name,
        account ?? null,
      ),
    );
    let found = false;
    for (const naming of namings)
      for (const [id, keyOf] of DEEP) {
        const sighting = await lookDeep(rooms, terms, id, naming, keyOf(naming));
        // A blob that is missing was seen with its row.
        if (sighting === undefined || (id !== 'item-keys' && terms.blobs.find(name) === undefined)) continue;
        found = true;
        yield sighting;
      }
    if (!found) yield undefined;
  }
}

async function lookDeep(
  rooms: AuditRooms,
  terms: Terms,
  id: string,
  naming: Naming,
  key: readonly number[],
): Promise<Sighting | undefined> {
  const known = RULES.get(id);
  if (known === undefined) throw new StoreError('corrupt', `no rule ${id}`);
  const { rule, walk } = known;
  return rooms.read((sql) => {
    const ground = groundAgain(sql, rooms.keyring, naming.account, walk, naming.datastore);
    const [suspect] = ground === undefined ? [] : rule.find(sql, ground, key, key, terms);
    return ground === undefined || suspect === undefined ? undefined : { rule, ground, suspect };
  });
}
