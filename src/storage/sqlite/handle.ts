import type { AccountId } from '../../model/ids.js';
import type { Connection, SqlValue } from './connection.js';

/** A blob is needed that is not in memory: the transaction is undone, the blob fetched, the work run again. Never leaves the store. */
export class BlobNeeded extends Error {
  override readonly name = 'BlobNeeded';
  readonly account: AccountId;
  readonly blob: string;
  constructor(account: AccountId, blob: string) {
    super(`blob ${blob} has to be fetched first`);
    this.account = account;
    this.blob = blob;
  }
}

/** Blobs that are at hand without waiting, by name. */
export type BlobsAtHand = (account: AccountId, blob: string) => Uint8Array | undefined;

/** One running transaction's way to the connection. Dead when the transaction is: what kept it gets an error, not a later transaction. */
export class Handle {
  readonly #connection: Connection;
  readonly #blobs: BlobsAtHand;
  #ended = false;
  #depth = 0;
  /** Set when the transaction must be undone and run again whatever its work answers. */
  blobNeeded: BlobNeeded | undefined;
  /** Runs when a savepoint is undone: what was remembered since may be untrue. */
  onUndo: () => void = () => undefined;
  /** Set when a key was overwritten: the write-ahead log, which still has it, is to be emptied after the commit. */
  shred = false;

  constructor(connection: Connection, blobs: BlobsAtHand) {
    this.#connection = connection;
    this.#blobs = blobs;
  }

  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.#live().get<Row>(sql, ...values);
  }

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.#live().all<Row>(sql, ...values);
  }

  run(sql: string, ...values: SqlValue[]): number {
    return this.#live().run(sql, ...values);
  }

  blob(account: AccountId, name: string): Uint8Array {
    const bytes = this.#blobs(account, name);
    if (bytes !== undefined) return bytes;
    this.blobNeeded = new BlobNeeded(account, name);
    this.#ended = true;
    throw this.blobNeeded;
  }

  async savepoint<T>(work: () => Promise<{ keep: boolean; value: T }>): Promise<T> {
    this.#depth += 1;
    const name = `s${this.#depth}`;
    this.#live().exec(`SAVEPOINT ${name}`);
    let keep = false;
    try {
      const outcome = await work();
      keep = outcome.keep;
      return outcome.value;
    } finally {
      if (!this.#ended) {
        this.#connection.exec(keep ? `RELEASE ${name}` : `ROLLBACK TO ${name}; RELEASE ${name}`);
        if (!keep) this.onUndo();
      }
      this.#depth -= 1;
    }
  }

  end(): void {
    this.#ended = true;
  }

  #live(): Connection {
    if (this.#ended) throw this.blobNeeded ?? new Error('this transaction has ended');
    return this.#connection;
  }
}
