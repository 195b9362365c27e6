/**
 * Many hashes enciphered, and summed, in a few calls to the cipher: a file of 200 MB has 12,800 of them, and a call for each would hold up
 * everybody.
 *
 * Enciphered: AES-256 in counter mode, a random nonce a hash (12 bytes, in front). Nothing here proves that an enciphered hash is unchanged; sums do.
 *
 * Sum: modulo 2^128 over a keyed function of each entry (place and hash). It can be kept up when entries come and go, and whoever lacks the key cannot find another
 * set of entries with the same sum. [Clarke et al., "Incremental Multiset Hash Functions", MSet-Add-Hash] The function is the CBC-MAC of three blocks
 * under AES-256; all entries have that length.
 */
import { createCipheriv, randomFillSync, type KeyObject } from 'node:crypto';

export const HASH_BYTES = 32;
const NONCE_BYTES = 12;
/** Of an enciphered hash. */
export const SEALED_HASH_BYTES = NONCE_BYTES + HASH_BYTES;
const BLOCK = 16;
/** A sum as text: hexadecimal. */
export const NO_SUM = '0'.repeat(2 * BLOCK);
const MODULUS = 1n << 128n;

/** What is summed: a hash and the place it stands at. The numbers are below 2^40. */
export interface HashEntry {
  readonly place: readonly [number, number, number];
  readonly hash: Uint8Array;
}

export class HashKeys {
  readonly #cipher: KeyObject;
  readonly #sum: KeyObject;

  /** Two keys of 32 bytes. */
  constructor(cipher: KeyObject, sum: KeyObject) {
    this.#cipher = cipher;
    this.#sum = sum;
  }

  /** In the order given, `SEALED_HASH_BYTES` each. */
  seal(hashes: readonly Uint8Array[]): readonly Uint8Array[] {
    const nonces = randomFillSync(Buffer.allocUnsafe(hashes.length * NONCE_BYTES));
    const sealed = Buffer.alloc(hashes.length * SEALED_HASH_BYTES);
    hashes.forEach((_, n) => nonces.copy(sealed, n * SEALED_HASH_BYTES, n * NONCE_BYTES, (n + 1) * NONCE_BYTES));
    const views = hashes.map((_, n) => sealed.subarray(n * SEALED_HASH_BYTES, (n + 1) * SEALED_HASH_BYTES));
    const stream = this.#keystream(views);
    hashes.forEach((hash, n) => {
      mustBeHash(hash, HASH_BYTES);
      xor(sealed, n * SEALED_HASH_BYTES + NONCE_BYTES, hash, 0, stream, n * HASH_BYTES);
    });
    return views;
  }

  /** All of them in one, `HASH_BYTES` each. What was tampered with comes out as another hash. */
  open(sealed: readonly Uint8Array[]): Buffer {
    const stream = this.#keystream(sealed);
    const hashes = Buffer.alloc(sealed.length * HASH_BYTES);
    sealed.forEach((each, n) => {
      xor(hashes, n * HASH_BYTES, each, NONCE_BYTES, stream, n * HASH_BYTES);
    });
    return hashes;
  }

  /** `sum`, less the entries `without`, and with the entries `and`. */
  sum(sum: string, without: readonly HashEntry[], and: readonly HashEntry[]): string {
    const total = (BigInt(`0x${sum}`) + this.#total(and) - this.#total(without)) % MODULUS;
    return (total < 0n ? total + MODULUS : total).toString(16).padStart(2 * BLOCK, '0');
  }

  #keystream(sealed: readonly Uint8Array[]): Buffer {
    const counters = Buffer.alloc(sealed.length * HASH_BYTES);
    sealed.forEach((each, n) => {
      mustBeHash(each, SEALED_HASH_BYTES);
      counters.set(each.subarray(0, NONCE_BYTES), n * HASH_BYTES);
      counters.set(each.subarray(0, NONCE_BYTES), n * HASH_BYTES + BLOCK);
      counters[n * HASH_BYTES + 2 * BLOCK - 1] = 1;
    });
    return blocks(this.#cipher, counters);
  }

  #total(entries: readonly HashEntry[]): bigint {
    if (entries.length === 0) return 0n;
    let state: Buffer = Buffer.alloc(entries.length * BLOCK);
    entries.forEach(({ place }, n) => {
      place.forEach((number, at) => state.writeUIntBE(number, n * BLOCK + 5 * at, 5));
    });
    state = blocks(this.#sum, state);
    for (const half of [0, BLOCK]) {
      entries.forEach(({ hash }, n) => {
        for (let at = 0; at < BLOCK; at += 1) state[n * BLOCK + at]! ^= hash[half + at]!;
      });
      state = blocks(this.#sum, state);
    }
    // Four numbers of 32 bits are added up on their own: exact in a double for two million entries.
    const words = [0, 0, 0, 0];
    for (let at = 0; at < state.length; at += BLOCK) {
      for (let word = 0; word < 4; word += 1) words[word]! += state.readUInt32BE(at + 4 * word);
    }
    return words.reduce((total, word) => (total << 32n) + BigInt(word), 0n);
  }
}

/** AES on each block by itself: the function that counter mode and CBC-MAC are built from. */
function blocks(key: KeyObject, bytes: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-ecb', key, null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function xor(into: Buffer, at: number, a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): void {
  for (let n = 0; n < HASH_BYTES; n += 1) into[at + n] = (a[aAt + n] as number) ^ (b[bAt + n] as number);
}

function mustBeHash(bytes: Uint8Array, length: number): void {
  if (bytes.byteLength !== length) throw new RangeError(`${bytes.byteLength} bytes, expected ${length}`);
}
