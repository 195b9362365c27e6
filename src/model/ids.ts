declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Item id the device chose for its own store. Opaque to the server, 1..255 bytes of UTF-8. */
export type Luid = Brand<string, 'Luid'>;
/** Item id the server chose: a base-36 counter per datastore, so that it fits the smallest MaxGUIDSize. */
export type Guid = Brand<string, 'Guid'>;

/** Row ids of the store. They never leave the server. */
export type AccountId = Brand<number, 'AccountId'>;
export type DeviceId = Brand<number, 'DeviceId'>;
export type DatastoreId = Brand<number, 'DatastoreId'>;
/** One device's store paired with one server datastore: the scope of anchors, of the id map and of an open sync. */
export type PairId = Brand<number, 'PairId'>;
/** The server's copy of one file of one device. */
export type CopyId = Brand<number, 'CopyId'>;
/** Session token as it stands in RespURI: 128 random bits, base64url. */
export type SessionToken = Brand<string, 'SessionToken'>;

const MAX_LUID_BYTES = 255;

/** @throws {RangeError} when `text` cannot be a LUID. */
export function luid(text: string): Luid {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes < 1 || bytes > MAX_LUID_BYTES) throw new RangeError(`LUID of ${bytes} bytes, expected 1..${MAX_LUID_BYTES}`);
  return text as Luid;
}

export const guid = (text: string): Guid => text as Guid;
/** The GUID that stands for the `n`th item of a datastore. `n` counts from 1. */
export const guidOf = (n: number): Guid => n.toString(36) as Guid;
