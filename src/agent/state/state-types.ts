/** What the agent remembers of a file between two jobs. JSON in the state database. */
import type { BackupMethod, BackupWay } from '../../records/manifest.js';
import type { SchemaRow, TableFacts } from '../../records/digest.js';
import type { ChangeCounts, FileSettings } from '../types.js';

/** How a file looks from outside, so that an unchanged one is known without reading it; and its modification number. */
export interface Stamp {
  readonly size: number;
  /** Nanoseconds; as text, they are beyond 2^53. */
  readonly modified: string;
  readonly inode: string;
  /** File change counter and schema cookie of a SQLite header. */
  readonly counter?: number;
  readonly cookie?: number;
  /** Size and time of the write-ahead log; absent when there is none. */
  readonly wal?: string;
  /** Value of the column that the application keeps; then the counter does not count. */
  readonly mark?: string;
  /** Taken so soon after a change that another one could look the same: compares unequal. */
  readonly racy?: boolean;
}

/** Columns of a table, to tell an added column from another change. */
export interface TableColumns {
  readonly columns: readonly string[];
  /** Its definition in sqlite_schema. */
  readonly sql: string;
}

export interface KnownTable extends TableFacts {
  /** SHA-256 over the table's pages, hexadecimal: equal ones hold the same rows. */
  readonly pages?: string;
  readonly columns: readonly string[];
}

/** Schema and sums of a database at one modification number. */
export interface DatabaseSnapshot {
  readonly userVersion: number;
  readonly applicationId: number;
  readonly schema: readonly SchemaRow[];
  readonly tables: Readonly<Record<string, KnownTable>>;
  readonly digest: string;
}

/** What the server has confirmed. */
export interface Confirmed {
  readonly modification: number;
  readonly generation: number;
  readonly size: number;
  readonly sha256?: string;
  readonly database?: DatabaseSnapshot;
}

export interface FileState {
  /** As it is kept; decided with the first backup. */
  readonly way?: BackupWay;
  readonly exactOnly?: string;
  readonly confirmed?: Confirmed;
  /** The last whole copy: what differential backups start from. */
  readonly full?: Confirmed;
  readonly stamp?: Stamp;
  /** The highest modification number ever used. */
  readonly lastModification: number;
  /** Our Next of the last session that came to its end. */
  readonly anchor?: string;
  readonly backedUpAt?: number;
  readonly checkedAt?: number;
  readonly nextAt?: number;
}

export interface FileEntry {
  readonly id: number;
  readonly name: string;
  readonly folder: boolean;
  /** The folder it was found in. */
  readonly parent?: number;
  readonly settings: FileSettings;
  readonly state: FileState;
}

/** A backup on its way. It is written down before the first message, and goes on after any interruption. */
export interface Job {
  readonly way: BackupWay;
  readonly method: BackupMethod;
  readonly sentAs: string;
  readonly base?: number;
  readonly to: number;
  readonly encoding: 'wbxml' | 'xml';
  readonly startedAt: number;
  /** Set when a session has opened the datastore for it: then it is resumed with Alert 225. */
  readonly opened: boolean;
  readonly stamp: Stamp;
  readonly size: number;
  readonly sha256?: string;
  readonly database?: DatabaseSnapshot;
  /** The whole file: what later differential backups start from. */
  readonly isFull: boolean;
  readonly changes: ChangeCounts;
  readonly lockedMs: number;
  readonly sent: number;
  readonly received: number;
  /** JSON of the receipt, once it came. */
  readonly receipt?: string;
}

/** One item of a job. */
export interface JobItem {
  readonly seq: number;
  readonly kind: 'Add' | 'Replace' | 'Delete';
  readonly uri: string;
  readonly type?: string;
  /** In the job's folder, for what is large; else `content`. */
  readonly file?: string;
  readonly content?: Uint8Array;
  /** Bytes acknowledged, in the form of the job's encoding. */
  readonly offset: number;
  readonly status?: number;
  readonly detail?: string;
}
