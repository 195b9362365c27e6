/** Which rows of a table changed, found by their marks, kept instead of a second copy. */
import type { TableFacts } from '../../records/digest.js';
import type { SqlValue } from '../../records/values.js';
import type { MarksWriter } from '../state/marks.js';
import type { LeafList } from './leaf-list.js';
import type { Extended } from './row-hash.js';
import { scanByKey } from './scan-by-key.js';
import { scanByLeaves } from './scan-by-leaves.js';
import type { Database } from './snapshot.js';
import type { TableShape } from './tables.js';

/** Rows after which others get their turn. */
export const ROWS_AT_ONCE = 20_000;

export interface RowSink {
  added(values: readonly SqlValue[], rowid: bigint | undefined): void;
  replaced(values: readonly SqlValue[], rowid: bigint | undefined): void;
  /** @param key the rowid, or the values of the primary key. */
  deleted(key: bigint | readonly SqlValue[]): void;
}

export interface ScanOptions {
  /** The parts of the old marks from their beginning, each time it is asked. */
  readonly before?: () => Iterable<Uint8Array>;
  readonly extended?: Extended | undefined;
  readonly sink?: RowSink;
  readonly marks?: MarksWriter;
  /** Of the table's tree as it is now; without it all rows are read. */
  readonly leaves?: LeafList | undefined;
  readonly pause: () => Promise<void>;
  /** Rows that are not there for us. */
  readonly skips?: (values: readonly SqlValue[]) => boolean;
}

/**
 * Reads a table once: its rows and sum for the digest, its new marks, and against the old ones its changes.
 * @throws {NoTree} when the leaves are not those of the table.
 */
export const scanTable = (db: Database, shape: TableShape, options: ScanOptions): Promise<TableFacts> =>
  shape.rowidName === undefined ? scanByKey(db, shape, options) : scanByLeaves(db, shape, options);
