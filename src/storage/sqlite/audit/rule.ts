/**
 * A rule of the store as a question about a range of rows of one table. It is asked of windows of rows, of a single row to look again, and
 * once more within the transaction that mends, so that nothing is mended that is not wrong at that moment.
 */
import type { AccountId, DatastoreId, DeviceId, PairId } from '../../../model/ids.js';
import { guidOf } from '../../../model/ids.js';
import type { AccountKeys } from '../../../sealing/account-keys.js';
import type { CheckName } from '../../ports/checks.js';
import type { Finding, InspectOptions } from '../../ports/inspection.js';
import type { Handle } from '../handle.js';
import type { BlobFiles } from './content.js';

export type Key = readonly (string | number)[];

/** What may be asked of a connection while looking. */
export type Sql = Pick<Handle, 'get' | 'all'>;

/** The account, and the datastore or pair, whose rows are looked at. */
export interface Ground {
  readonly account: AccountId;
  readonly user: string;
  /** Undefined when they do not open: that is a finding of its own, and sealed values are not looked at. */
  readonly keys: AccountKeys | undefined;
  readonly datastore?: { readonly id: DatastoreId; readonly uri: string };
  readonly device?: { readonly id: DeviceId; readonly uri: string };
  readonly pair?: PairId;
}

/** What the whole inspection goes by. */
export type Terms = Pick<InspectOptions, 'now' | 'ages' | 'readers' | 'depth'> & {
  /** Newest trace of a server at work, milliseconds since 1970, never after `now`: what was due long before it should be gone. */
  readonly lastLife: number;
  readonly blobs: BlobFiles;
};

export interface Suspect {
  readonly key: Key;
  readonly what: string;
  readonly next?: string;
  /** GUID as number, where it is about an item. */
  readonly guid?: number;
  /** False: what the rule would do does not help here. */
  readonly mendable?: boolean;
  /** For the repair. */
  readonly facts?: Readonly<Record<string, number>>;
}

/** What a repair works with, inside its transaction. */
export interface MendRoom {
  readonly sql: Handle;
  readonly terms: Terms;
  /** Copies rows to the safety copy before they are changed. */
  readonly keep: (table: string, where: string, ...values: readonly (string | number)[]) => void;
}

export interface Rule {
  /** Names it in findings; unique. */
  readonly id: string;
  readonly check: CheckName;
  /** What to do where it is not mended. */
  readonly next: string;
  find(sql: Sql, ground: Ground, from: Key, to: Key, terms: Terms): readonly Suspect[];
  readonly mend?: Mend;
}

export interface Mend {
  readonly how: string;
  run(room: MendRoom, ground: Ground, key: Key, suspect: Suspect): void;
  /** `run` sees for itself that nothing has changed since the look before its transaction: for what takes long to find. */
  readonly guarded?: true;
}

export type Parent = 'account' | 'datastore' | 'pair';

/** A table and the rules of its rows. */
export interface Walk {
  readonly table: string;
  /** Column that names the parent. */
  readonly parent: Parent;
  /** Its column, where that has another name. */
  readonly column?: string;
  /** Columns that order the rows below one parent, by an index where there are many. */
  readonly key: readonly string[];
  readonly rules: readonly Rule[];
}

export const parentOf = (walk: Pick<Walk, 'parent'>, ground: Ground): number => {
  const id = walk.parent === 'account' ? ground.account : walk.parent === 'datastore' ? ground.datastore?.id : ground.pair;
  if (id === undefined) throw new Error(`no ${walk.parent} to look below`);
  return id;
};

export const columnOf = (walk: Pick<Walk, 'parent' | 'column'>): string => walk.column ?? walk.parent;

/** `t.a, t.b` between two keys, both counted. */
export const between = (key: readonly string[]): string => {
  const columns = `(${key.map((column) => `t.${column}`).join()})`;
  const marks = `(${key.map(() => '?').join()})`;
  return `${columns} >= ${marks} AND ${columns} <= ${marks}`;
};

export interface RowRuleOptions<Row> extends Pick<Rule, 'id' | 'check' | 'next'> {
  readonly of: Pick<Walk, 'table' | 'parent' | 'column' | 'key'>;
  /** Columns beside the key's, and joins; the table is `t`. */
  readonly columns?: string;
  readonly joins?: string;
  /** True for rows that break the rule. */
  readonly wrong: string;
  readonly words: (row: Row, ground: Ground) => Omit<Suspect, 'key'>;
  readonly mend?: Rule['mend'];
}

/** A rule that one SQL condition tells. */
export function rowRule<Row extends object>(options: RowRuleOptions<Row>): Rule {
  const { of, id, check, next, mend } = options;
  const columns = [...of.key.map((column) => `t.${column}`), ...(options.columns === undefined ? [] : [options.columns])].join();
  const sql = `SELECT ${columns} FROM ${of.table} t ${options.joins ?? ''} WHERE t.${columnOf(of)} = ? AND ${between(of.key)} AND (${options.wrong})`;
  return {
    id,
    check,
    next,
    ...(mend === undefined ? {} : { mend }),
    find: (db, ground, from, to) =>
      db.all<Row>(sql, parentOf(of, ground), ...from, ...to).map((row) => ({
        key: of.key.map((column) => (row as Record<string, string | number>)[column] ?? ''),
        ...options.words(row, ground),
      })),
  };
}

export const findingOf = (rule: Rule, ground: Ground, suspect: Suspect): Finding => ({
  check: rule.check,
  what: suspect.what,
  next: suspect.next ?? rule.next,
  user: ground.user,
  ...(ground.datastore === undefined ? {} : { datastore: ground.datastore.uri }),
  ...(ground.device === undefined ? {} : { device: ground.device.uri }),
  ...(suspect.guid === undefined ? {} : { guid: guidOf(suspect.guid) }),
  ...(rule.mend === undefined || suspect.mendable === false ? {} : { repair: rule.mend.how }),
  at: { rule: rule.id, account: ground.account, key: [ground.pair ?? ground.datastore?.id ?? ground.account, ...suspect.key] },
});
