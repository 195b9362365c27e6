/**
 * The sealed form of everything at rest: version byte, 12-byte random nonce, AES-256-GCM ciphertext, 16-byte tag.
 * The associated data says where the bytes belong (table and row), so that sealed bytes cannot be moved to another row.
 */
import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';
import { StoreError } from '../model/errors.js';

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES;

/** Bytes that sealing adds. */
export const SEAL_OVERHEAD = HEAD_BYTES + TAG_BYTES;

// One call to the random source fills nonces for many seals: it costs as much as sealing a small item.
const pool = Buffer.allocUnsafe(NONCE_BYTES * 256);
let poolAt = pool.length;

function writeNonce(target: Buffer, at: number): void {
  if (poolAt === pool.length) {
    randomFillSync(pool);
    poolAt = 0;
  }
  pool.copy(target, at, poolAt, poolAt + NONCE_BYTES);
  poolAt += NONCE_BYTES;
}

/** @param plain in one piece or in several, which need not be joined for it. */
export function sealWith(key: KeyObject, plain: Uint8Array | readonly Uint8Array[], aad: string): Buffer {
  const pieces = plain instanceof Uint8Array ? [plain] : plain;
  const sealed = Buffer.allocUnsafe(pieces.reduce((sum, { byteLength }) => sum + byteLength, SEAL_OVERHEAD));
  sealInto(sealed, key, pieces, aad);
  return sealed;
}

/** @param sealed as long as what is sealed and `SEAL_OVERHEAD`. */
export function sealInto(sealed: Buffer, key: KeyObject, pieces: readonly Uint8Array[], aad: string): void {
  sealed[0] = VERSION;
  writeNonce(sealed, 1);
  const cipher = createCipheriv('aes-256-gcm', key, sealed.subarray(1, HEAD_BYTES));
  cipher.setAAD(Buffer.from(aad, 'utf8'));
  let at = HEAD_BYTES;
  for (const piece of pieces) at += cipher.update(piece).copy(sealed, at);
  cipher.final();
  if (at + TAG_BYTES !== sealed.length) throw new RangeError(`${sealed.length} bytes for what takes ${at + TAG_BYTES}`);
  cipher.getAuthTag().copy(sealed, at);
}

/** @throws {StoreError} `corrupt` when the bytes are damaged, belong to another row or were sealed under another key. */
export function openWith(key: KeyObject, sealed: Uint8Array, aad: string): Buffer {
  if (sealed.byteLength < SEAL_OVERHEAD || sealed[0] !== VERSION) throw new StoreError('corrupt', `not a sealed value (${aad})`);
  const end = sealed.byteLength - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, HEAD_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(aad, 'utf8'));
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(HEAD_BYTES, end));
  try {
    decipher.final();
  } catch (cause) {
    throw new StoreError('corrupt', `sealed value does not open (${aad})`, { cause });
  }
  return plain;
}
