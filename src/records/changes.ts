/** A batch of changes; see docs/device-backup-protocol.md, "`changes/<to>`". */
import type { SchemaChange } from './schema.js';
import type { JsonRecord } from './values.js';

export interface TableChanges {
  readonly name: string;
  /** Keys. */
  readonly deletes: readonly JsonRecord[];
  /** Whole records. */
  readonly replaces: readonly JsonRecord[];
  readonly adds: readonly JsonRecord[];
}

export interface Changes {
  /** Modification numbers; without `base` the copy is begun with it. */
  readonly base?: number;
  readonly to: number;
  readonly schema: readonly SchemaChange[];
  readonly tables: readonly TableChanges[];
}
