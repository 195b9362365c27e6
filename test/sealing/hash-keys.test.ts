import assert from 'node:assert/strict';
import { createCipheriv, createHash, createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { HASH_BYTES, HashKeys, NO_SUM, SEALED_HASH_BYTES, type HashEntry } from '../../src/sealing/hash-keys.js';

const [cipherKey, sumKey] = [randomBytes(32), randomBytes(32)];
const keys = new HashKeys(createSecretKey(cipherKey), createSecretKey(sumKey));
const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Node's own CBC: its last block is the CBC-MAC. */
function cbcMac({ place, hash: of }: HashEntry): bigint {
  const first = Buffer.alloc(16);
  place.forEach((number, at) => first.writeUIntBE(number, 5 * at, 5));
  const cipher = createCipheriv('aes-256-cbc', sumKey, Buffer.alloc(16));
  cipher.setAutoPadding(false);
  const all = Buffer.concat([cipher.update(Buffer.concat([first, of])), cipher.final()]);
  return BigInt(`0x${all.subarray(32).toString('hex')}`);
}

const entry = fc
  .tuple(fc.tuple(fc.nat(), fc.nat(), fc.nat()), fc.uint8Array({ minLength: HASH_BYTES, maxLength: HASH_BYTES }))
  .map(([place, bytes]): HashEntry => ({ place, hash: bytes }));
const entries = fc.array(entry, { maxLength: 30 });

describe('hashes enciphered', () => {
  it('is counter mode under a nonce of its own each, as Node does it one by one', () => {
    const hashes = ['a', 'b', 'a'].map(hash);
    const sealed = keys.seal(hashes);
    sealed.forEach((each, n) => {
      assert.equal(each.length, SEALED_HASH_BYTES);
      const cipher = createCipheriv('aes-256-ctr', cipherKey, Buffer.concat([each.subarray(0, 12), Buffer.alloc(4)]));
      assert.deepEqual(Buffer.concat([each.subarray(0, 12), cipher.update(hashes[n] as Buffer)]), Buffer.from(each));
    });
    assert.notDeepEqual(sealed[0], sealed[2], 'equal hashes do not look equal');
  });

  it('opens what it sealed, in order, some or all', () => {
    const hashes = Array.from({ length: 1000 }, (_, n) => hash(`${n}`));
    const sealed = keys.seal(hashes);
    assert.deepEqual(keys.open(sealed), Buffer.concat(hashes));
    assert.deepEqual(keys.open([sealed[7], sealed[3]] as Uint8Array[]), Buffer.concat([hashes[7], hashes[3]] as Buffer[]));
    assert.equal(keys.open([]).length, 0);
  });

  it('refuses what is no hash', () => {
    assert.throws(() => keys.seal([Buffer.alloc(31)]), RangeError);
    assert.throws(() => keys.open([Buffer.alloc(43)]), RangeError);
  });
});

describe('sums of hashes', () => {
  it('is the sum modulo 2^128 of the CBC-MACs of place and hash', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const expected = all.reduce((total, one) => (total + cbcMac(one)) % (1n << 128n), 0n);
        assert.equal(BigInt(`0x${keys.sum(NO_SUM, [], all)}`), expected);
      }),
    );
  });

  it('can be kept up: what comes and goes in steps gives the sum of what is left, in any order', () => {
    fc.assert(
      fc.property(entries, entries, (stay, go) => {
        const whole = keys.sum(keys.sum(NO_SUM, [], go), [], stay);
        assert.equal(keys.sum(whole, go, []), keys.sum(NO_SUM, [], [...stay].reverse()));
        assert.equal(keys.sum(keys.sum(NO_SUM, go, []), [], go), NO_SUM);
      }),
    );
  });

  it('is another one when a hash or a place is, and under another key', () => {
    const one: HashEntry = { place: [1, 2, 3], hash: hash('a') };
    const sum = keys.sum(NO_SUM, [], [one]);
    const others: readonly HashEntry[] = [
      { ...one, hash: hash('b') },
      { ...one, place: [2, 2, 3] },
      { ...one, place: [1, 3, 3] },
      { ...one, place: [1, 2, 4] },
      { ...one, place: [2, 1, 3] },
    ];
    for (const other of others) assert.notEqual(keys.sum(NO_SUM, [], [other]), sum);
    const elsewhere = new HashKeys(createSecretKey(cipherKey), createSecretKey(randomBytes(32)));
    assert.notEqual(elsewhere.sum(NO_SUM, [], [one]), sum);
  });
});
