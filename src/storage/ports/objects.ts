/**
 * A storage location for packs of sealed bytes: a folder here, a folder on another machine's mount, a bucket. Objects are written once and never
 * changed. Each implementation passes test/storage/objects/contract.ts, with faults too.
 */

export interface ObjectFacts {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, by the location's own clock. */
  readonly modifiedAt: number;
}

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

export interface Objects {
  /** Durable when it resolves; never half visible under its name. Putting a name again writes it again. The bytes are the caller's again when it resolves, and not after a failure. @throws {StoreError} `unavailable`. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * Whole, or `length` bytes from `offset`. @param room memory for them, which may be used: until it resolves, and for good when it does not.
   * @throws {StoreError} `corrupt` when there is no such object or it is too short; `unavailable`.
   */
  get(name: string, range?: ByteRange, room?: Uint8Array): Promise<Uint8Array>;
  /** Of a name that is not there: nothing. */
  remove(name: string): Promise<void>;
  /** All objects whose names begin so. */
  list(prefix: string): AsyncIterable<ObjectFacts>;
  close(): Promise<void>;
}

/** Names: letters, digits, `-`, `_`, `.` and `/` between parts that do not begin with a dot. */
export const OBJECT_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;
