/**
 * Tables with rowids. Leaves of their tree are compared first, as old and new ones are in the order of their rows: a leaf whose bytes are as they
 * were has the same rows, of which the sum is known. Rows are read of the other leaves only, and compared with those of the old leaves that are gone.
 */
import { TableSum, type TableFacts } from '../../records/digest.js';
import type { SqlValue } from '../../records/values.js';
import { readerOf, type RowReader } from './cells.js';
import { LEAF_HASH_BYTES, type LeafList } from './leaf-list.js';
import { leafMarks, LeafMarkWriter, ROW_MARK_BYTES, type LeafMark } from './leaf-marks.js';
import { markBefore, rowHashes, sameBytes } from './row-hash.js';
import { ROWS_AT_ONCE, type RowSink, type ScanOptions } from './rows.js';
import type { Database } from './snapshot.js';
import type { TableShape } from './tables.js';
import { NoTree } from './tree.js';

/** Without leaves to go by, marks are written as if so many rows were on each; of such a leaf nothing is known. */
const ROWS_TOGETHER = 100;
const NO_HASH = new Uint8Array(LEAF_HASH_BYTES);

export async function scanByLeaves(db: Database, shape: TableShape, options: ScanOptions): Promise<TableFacts> {
  const { before, leaves, marks, sink, extended } = options;
  // Of a row that got columns the hash is another, though its leaf is not.
  const other = before && leaves && !extended ? otherLeaves(leaves, leafMarks(before())) : undefined;
  const kept = only(before, (i) => other !== undefined && !other.gone.has(i));
  const scan: Scan = {
    shape,
    options,
    reader: readerOf(db, shape),
    hashOf: rowHashes(shape),
    total: new TableSum(),
    writer: marks && new LeafMarkWriter(marks),
    gone:
      before &&
      sink &&
      new GoneRows(
        only(before, (i) => !other || other.gone.has(i)),
        sink,
      ),
    count: 0,
  };
  if (leaves) {
    for (let from = 0; from < leaves.length;) {
      const isFresh = other?.fresh.has(from) ?? true;
      let to = from + 1;
      while (to < leaves.length && (other?.fresh.has(to) ?? true) === isFresh) to += 1;
      if (!isFresh) for (let i = from; i < to; i += 1) keep(scan, kept.next());
      else await readRows(scan, { leaves, from, to });
      from = to;
    }
  } else await readRows(scan, undefined);
  scan.writer?.flush();
  scan.gone?.finish();
  return scan.total.facts();
}

interface Scan {
  readonly shape: TableShape;
  readonly options: ScanOptions;
  readonly reader: RowReader;
  readonly hashOf: (values: readonly SqlValue[], rowid: bigint | undefined) => Uint8Array;
  readonly total: TableSum;
  readonly writer: LeafMarkWriter | undefined;
  readonly gone: GoneRows | undefined;
  count: number;
}

/** Positions of old leaves that are no more, and of those that are new. Leaves that are the same have the same first row, and both are in the order of rows. */
function otherLeaves(
  leaves: LeafList,
  before: Iterable<LeafMark>,
): { readonly gone: ReadonlySet<number>; readonly fresh: ReadonlySet<number> } {
  const gone = new Set<number>();
  const fresh = new Set<number>();
  let at = 0;
  let index = 0;
  for (const leaf of before) {
    for (; at < leaves.length && leaves.first(at) < leaf.first; at += 1) fresh.add(at);
    if (at < leaves.length && leaves.first(at) === leaf.first && sameBytes(leaves.hash(at), leaf.hash)) at += 1;
    else gone.add(index);
    index += 1;
  }
  for (; at < leaves.length; at += 1) fresh.add(at);
  return { gone, fresh };
}

/** The old leaves that are wanted, in their order. */
function* only(before: ScanOptions['before'], isWanted: (index: number) => boolean): Generator<LeafMark, undefined> {
  if (!before) return;
  let index = 0;
  for (const leaf of leafMarks(before())) {
    if (isWanted(index)) yield leaf;
    index += 1;
  }
}

function keep({ total, writer }: Scan, { value: leaf }: IteratorResult<LeafMark, undefined>): void {
  if (!leaf) throw new Error('a leaf that was there is gone');
  total.addAll(leaf.rows, leaf.sum);
  writer?.again(leaf);
}

/** Leaves that follow each other, read row by row. */
interface Range {
  readonly leaves: LeafList;
  readonly from: number;
  readonly to: number;
}

async function readRows(scan: Scan, range: Range | undefined): Promise<void> {
  const { options, reader, shape, total, writer } = scan;
  let leaf = range?.from ?? 0;
  let sum = new TableSum();
  let rows = 0;
  const endLeaf = (): void => {
    writer?.end(range?.leaves.hash(leaf) ?? NO_HASH, sum.sum());
    total.addAll(rows, sum.sum());
    leaf += 1;
    rows = 0;
    sum = new TableSum();
  };
  const between = range && ([range.leaves.first(range.from), range.leaves.last(range.to - 1)] as const);
  for (const row of reader.rows(between)) {
    const values = reader.values(row);
    if (options.skips?.(values)) continue;
    const rowid = row[0] as bigint;
    if (range && (leaf === range.to || (rows === 0 && range.leaves.first(leaf) !== rowid)))
      throw new NoTree(`${shape.name} has other rows`);
    const hash = scan.hashOf(values, rowid);
    sum.add(hash);
    rows += 1;
    writer?.add(rowid, hash);
    if (scan.gone) compare(scan, scan.gone, values, rowid, hash);
    if (rows === (range?.leaves.rows(leaf) ?? ROWS_TOGETHER)) endLeaf();
    scan.count += 1;
    if (scan.count % ROWS_AT_ONCE === 0) await options.pause();
  }
  if (range ? leaf !== range.to : rows > 0) {
    if (range) throw new NoTree(`${shape.name} has fewer rows`);
    endLeaf();
  }
}

function compare({ shape, options }: Scan, gone: GoneRows, values: readonly SqlValue[], rowid: bigint, hash: Uint8Array): void {
  const { sink, extended } = options;
  const before = gone.take(rowid);
  if (!before) sink?.added(values, rowid);
  else if (!sameBytes(before, extended ? markBefore(extended, shape, values, rowid) : hash.subarray(0, ROW_MARK_BYTES)))
    sink?.replaced(values, rowid);
}

/** The rows of leaves that are no more, in their order: read along with the rows that are there. */
class GoneRows {
  readonly #marks: Generator<{ readonly rowid: bigint; readonly mark: Uint8Array }, undefined>;
  readonly #sink: RowSink;
  #next: { readonly rowid: bigint; readonly mark: Uint8Array } | undefined;

  constructor(leaves: Iterable<LeafMark>, sink: RowSink) {
    this.#marks = rowsOf(leaves);
    this.#sink = sink;
    this.#next = this.#marks.next().value;
  }

  /** The mark of this row; the rows before it are deleted. */
  take(rowid: bigint): Uint8Array | undefined {
    this.#deleteUntil(rowid);
    const found = this.#next;
    if (found?.rowid !== rowid) return undefined;
    this.#next = this.#marks.next().value;
    return found.mark;
  }

  /** What was not taken is deleted. */
  finish(): void {
    this.#deleteUntil(undefined);
  }

  #deleteUntil(rowid: bigint | undefined): void {
    for (; this.#next && (rowid === undefined || this.#next.rowid < rowid); this.#next = this.#marks.next().value)
      this.#sink.deleted(this.#next.rowid);
  }
}

function* rowsOf(leaves: Iterable<LeafMark>): Generator<{ readonly rowid: bigint; readonly mark: Uint8Array }, undefined> {
  for (const leaf of leaves) yield* leaf.rowMarks();
}
