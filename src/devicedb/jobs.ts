/** What is done with a database file that a device sent: the questions, and their answers. `pool.ts` carries them out in workers. */
import type { Chunk } from '../storage/ports/copies.js';
import type { Changes } from '../records/changes.js';
import type { JsonRecord } from '../records/values.js';
import type { SchemaChange } from '../records/schema.js';

/** A file by its chunks. Only those that are needed are asked for. */
export interface ChunkSource {
  /** Bytes of the file. */
  readonly size: number;
  /** In the order asked for; may be asked for many in a row. @param rooms memory for each, of its length, which may be used. */
  read(indices: readonly number[], rooms?: readonly Uint8Array[]): Promise<readonly Uint8Array[]>;
}

/** Proof of a database's content, by table so that it can be kept up with changes; see docs/device-backup-protocol.md, "Digest". JSON. */
export interface DatabaseFacts {
  /** Hexadecimal. */
  readonly digest: string;
  readonly schema: string;
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly sum: string }>>;
}

export type Inspection =
  | { readonly kind: 'writable'; readonly facts: DatabaseFacts }
  /** A database, whole, but not one stock SQLite can write: kept `exact`. */
  | { readonly kind: 'exact-only'; readonly reason: string }
  /** Damaged, or no database at all: kept as a `file`. */
  | { readonly kind: 'no-database'; readonly reason: string };

export type Operation =
  | { readonly kind: 'schema'; readonly change: SchemaChange }
  | {
      readonly kind: 'record';
      readonly command: 'Add' | 'Replace' | 'Delete';
      readonly table: string;
      /** As in the LocURI, still percent-encoded. */
      readonly key: string;
      readonly record?: JsonRecord;
    }
  | { readonly kind: 'batch'; readonly changes: Changes };

export interface OperationStatus {
  readonly status: number;
  /** For the Status' Item. */
  readonly detail?: string;
}

export interface Applied {
  /** One for each operation, in order. Those refused changed nothing. */
  readonly statuses: readonly OperationStatus[];
  readonly changed: readonly Chunk[];
  readonly size: number;
  readonly facts: DatabaseFacts;
  /** Rows removed and not put back. */
  readonly removed: number;
  /** The statements that were run, when asked for. */
  readonly statements?: readonly string[];
}

export interface RowDifference {
  readonly table: string;
  readonly key: JsonRecord;
  readonly before?: JsonRecord;
  readonly after?: JsonRecord;
}

/** Each job has a deadline after which its worker is ended. @throws {DatabaseFault} when a job could not be done. */
export interface DatabaseJobs {
  /** First look at an upload: is it a database, is it whole, can it be written, what is in it? Reads everything. */
  inspect(source: ChunkSource): Promise<Inspection>;
  /** Computes the facts from the bytes. */
  facts(source: ChunkSource): Promise<DatabaseFacts>;
  /** `facts` are those of the source; they are kept up with the changes, not computed anew. `source.size` 0: an empty database is created. */
  apply(
    source: ChunkSource,
    facts: DatabaseFacts | undefined,
    operations: readonly Operation[],
    options?: { readonly listStatements?: boolean },
  ): Promise<Applied>;
  /** Rows that differ, table by table, at most `limit`. */
  differences(before: ChunkSource, after: ChunkSource, limit: number): Promise<readonly RowDifference[]>;
  close(): Promise<void>;
}

/** `damaged`: the file is at fault. `limit`: it took too long or too much memory. */
export class DatabaseFault extends Error {
  readonly kind: 'damaged' | 'limit';
  constructor(kind: 'damaged' | 'limit', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DatabaseFault';
    this.kind = kind;
  }
}
