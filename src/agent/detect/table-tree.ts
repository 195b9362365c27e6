/** What a table's pages say of its rows before any is read. */
import type { LeafList } from './leaf-list.js';
import type { Snapshot } from './snapshot.js';
import type { TableShape } from './tables.js';
import { hashOfTree, leavesOf, NoTree } from './tree.js';

export interface TableTree {
  /** SHA-256 over the table's pages, hexadecimal: equal ones hold the same rows; different ones may hold the same rows too. */
  readonly pages?: string;
  /** Of a table with rowids. */
  readonly leaves?: LeafList;
}

/** @returns nothing where the pages are not laid out as we know it. */
export function treeOf(snapshot: Snapshot, { name, rowidName }: TableShape): TableTree {
  const statement = snapshot.database().prepare("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?");
  const root = (statement.get(name) as { rootpage: number } | undefined)?.rootpage ?? 0;
  try {
    if (rowidName === undefined) return { pages: hashOfTree(snapshot, root) };
    const leaves = leavesOf(snapshot, root);
    return { pages: leaves.digest(), leaves };
  } catch (error) {
    if (error instanceof NoTree) return {};
    throw error;
  }
}
