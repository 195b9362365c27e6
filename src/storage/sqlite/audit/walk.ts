/** Goes through the rows of every table in windows, and asks the rules of each. Synchronous: the caller cuts it into short reads. */
import { StoreError } from '../../../model/errors.js';
import type { AccountId } from '../../../model/ids.js';
import type { CheckName } from '../../ports/checks.js';
import type { Keyring } from '../../../sealing/keyring.js';
import { accountsOf, datastoresOf, groundOf, pairsOf, WALKS } from './grounds.js';
import { columnOf, parentOf, type Ground, type Key, type Rule, type Sql, type Suspect, type Terms, type Walk } from './rule.js';

/** Rows in one window: a few milliseconds of work. */
const WINDOW = 200;

export interface Sighting {
  readonly rule: Rule;
  readonly ground: Ground;
  readonly suspect: Suspect;
}

/** One window's outcome. */
export interface Step {
  readonly rows: number;
  readonly checks: ReadonlySet<CheckName>;
  readonly sightings: readonly Sighting[];
  /** The table, or the rest of it, cannot be read: what SQLite says. */
  readonly broken?: string;
}

/** The connection of the read that is running; another one in each. */
export interface Here {
  sql: Sql;
}

export function* walkAll(here: Here, keyring: Keyring, account: AccountId | undefined, terms: Terms): Generator<Step, void> {
  for (const row of accountsOf(here.sql, account)) {
    const ground = groundOf(row, keyring);
    for (const walk of WALKS.account) yield* unbroken(here, walk, ground, terms);
    for (const below of datastoresOf(here.sql, ground)) for (const walk of WALKS.datastore) yield* unbroken(here, walk, below, terms);
    for (const below of pairsOf(here.sql, ground)) for (const walk of WALKS.pair) yield* unbroken(here, walk, below, terms);
  }
}

/** A damaged table does not keep the others from being looked at. */
function* unbroken(here: Here, walk: Walk, ground: Ground, terms: Terms): Generator<Step, void> {
  try {
    yield* walkOne(here, walk, ground, terms);
  } catch (error) {
    if (!(error instanceof StoreError) || error.fault !== 'corrupt') throw error;
    yield { rows: 0, checks: new Set(), sightings: [], broken: `${walk.table}: ${error.message}` };
  }
}

function* walkOne(here: Here, walk: Walk, ground: Ground, terms: Terms): Generator<Step, void> {
  const checks = new Set(walk.rules.map((rule) => rule.check));
  const order = walk.key.join();
  const parent = `${columnOf(walk)} = ?`;
  const next = (after: Key | undefined): Key[] => {
    const later = after === undefined ? '' : `AND (${order}) > (${walk.key.map(() => '?').join()})`;
    const sql = `SELECT ${order} FROM ${walk.table} WHERE ${parent} ${later} ORDER BY ${order} LIMIT ${WINDOW}`;
    return here.sql
      .all<Record<string, string | number>>(sql, parentOf(walk, ground), ...(after ?? []))
      .map((row) => walk.key.map((column) => row[column] ?? ''));
  };
  for (let keys = next(undefined); ;) {
    const [first, last] = [keys[0], keys[keys.length - 1]];
    if (first === undefined || last === undefined) {
      yield { rows: 0, checks, sightings: [] };
      return;
    }
    const sightings = walk.rules.flatMap((rule) =>
      rule.find(here.sql, ground, first, last, terms).map((suspect) => ({ rule, ground, suspect })),
    );
    yield { rows: keys.length, checks, sightings };
    if (keys.length < WINDOW) return;
    keys = next(last);
  }
}
