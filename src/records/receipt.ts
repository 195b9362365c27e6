/** The server's answer to a backup; see docs/device-backup-protocol.md, "`receipt`". */
import { createHash } from 'node:crypto';
import { base64, fromBase64 } from './bytes.js';
import { malformed } from './error.js';
import { hexDigest, members, modificationNumber, optionalSize, optionalText } from './members.js';
import type { BackupWay } from './manifest.js';

export interface Receipt {
  readonly job: string;
  readonly generation: number;
  readonly modification: number;
  readonly way: BackupWay;
  /** Of a `logical` copy. */
  readonly digest?: string;
  /** Of the file, where it was compared or computed. */
  readonly sha256?: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly need: 'none' | 'pages' | 'full';
  /** With need `pages`: see `chunkMarks`. */
  readonly chunks?: string;
  /** Why, in words. */
  readonly reason?: string;
  readonly flags?: readonly string[];
  /** Why the server cannot write this database by records. */
  readonly exactOnly?: string;
}

/** Bytes of the pieces a receipt's `chunks` speaks of. */
export const RECEIPT_CHUNK_BYTES = 16_384;
const MARK_BYTES = 8;

/** Unknown members are ignored. @throws {RecordError} */
export function parseReceipt(text: string): Receipt {
  const given = members(text, 'receipt');
  const way = given['way'];
  if (way !== 'logical' && way !== 'exact' && way !== 'file') throw malformed('"way" of the receipt is logical, exact or file');
  const need = given['need'];
  if (need !== 'none' && need !== 'pages' && need !== 'full') throw malformed('"need" of the receipt is none, pages or full');
  const generation = optionalSize(given, 'generation');
  const size = optionalSize(given, 'size');
  const job = optionalText(given, 'job');
  if (generation === undefined || size === undefined || job === undefined)
    throw malformed('the receipt needs "job", "generation" and "size"');
  const digest = hexDigest(given, 'digest');
  const sha256 = hexDigest(given, 'sha256');
  const chunks = optionalText(given, 'chunks');
  if (chunks !== undefined) parseChunkMarks(chunks);
  const reason = optionalText(given, 'reason');
  const exactOnly = optionalText(given, 'exactOnly');
  const flags = Array.isArray(given['flags']) ? given['flags'].filter((flag): flag is string => typeof flag === 'string') : undefined;
  return {
    job,
    generation,
    modification: modificationNumber(given, 'modification'),
    way,
    ...(digest !== undefined && { digest }),
    ...(sha256 !== undefined && { sha256 }),
    size,
    need,
    ...(chunks !== undefined && { chunks }),
    ...(reason !== undefined && { reason }),
    ...(flags !== undefined && { flags }),
    ...(exactOnly !== undefined && { exactOnly }),
  };
}

export function formatReceipt(receipt: Receipt): string {
  return JSON.stringify(receipt);
}

/** `chunks` of a receipt. @param hashes SHA-256 of each chunk in order, 32 bytes each, one behind the other. */
export function chunkMarks(hashes: Uint8Array): string {
  const count = hashes.length / 32;
  const marks = new Uint8Array(count * MARK_BYTES);
  for (let i = 0; i < count; i += 1) marks.set(hashes.subarray(i * 32, i * 32 + MARK_BYTES), i * MARK_BYTES);
  return base64(marks);
}

/** The mark of one chunk, from its bytes. */
export const chunkMark = (chunk: Uint8Array): Uint8Array =>
  new Uint8Array(createHash('sha256').update(chunk).digest().subarray(0, MARK_BYTES));

/** One mark a chunk. @throws {RecordError} */
export function parseChunkMarks(chunks: string): Uint8Array[] {
  const bytes = fromBase64(chunks);
  if (bytes === undefined || bytes.length % MARK_BYTES !== 0) throw malformed('"chunks" of the receipt is not Base64 of 8 bytes a chunk');
  return Array.from({ length: bytes.length / MARK_BYTES }, (_, i) => bytes.subarray(i * MARK_BYTES, (i + 1) * MARK_BYTES));
}
