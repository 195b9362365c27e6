/** A database's values and records in JSON; see docs/device-backup-protocol.md, "Values as JSON". */

/** NULL, TEXT, BLOB, INTEGER (bigint) and REAL (number): the two kinds of numbers are never mixed up. */
export type SqlValue = null | string | Uint8Array | bigint | number;

export type JsonValue =
  null | string | number | { readonly i: string } | { readonly r: string } | { readonly t: string } | { readonly b: string };

/** Column → value. */
export type JsonRecord = Readonly<Record<string, JsonValue>>;
