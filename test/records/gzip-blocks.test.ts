import assert from 'node:assert/strict';
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { RecordError } from '../../src/records/error.js';
import { BLOCK_BYTES, isInBlocks, packBlock, splitBlocks, unpackBlock } from '../../src/records/gzip-blocks.js';
import { noise } from '../storage/support/noise.js';

const MALFORMED = (error: unknown): boolean => error instanceof RecordError && error.fault === 'malformed';
const HEAD_BYTES = 18;
const text = Buffer.from(Array.from({ length: 9000 }, (_, n) => `Anna ${n % 91}`).join(' '));
const file = Buffer.concat([text, noise('blocks', 3 * BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES), Buffer.from('the end')]);
const membersOf = (bytes: Buffer): readonly Uint8Array[] =>
  Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, n) =>
    packBlock(bytes.subarray(n * BLOCK_BYTES, (n + 1) * BLOCK_BYTES), 3),
  );
const packed = Buffer.concat(membersOf(file));

describe('records: gzip in blocks', () => {
  it('is a gzip for everybody, and its members are blocks of the file', () => {
    assert.ok(gunzipSync(packed).equals(file));
    assert.ok(isInBlocks(packed));
    assert.ok(!isInBlocks(gzipSync(file)) && !isInBlocks(packed.subarray(0, HEAD_BYTES - 1)));
    assert.ok(packed.length < file.length, 'text gets smaller');
    const random = noise('one', BLOCK_BYTES);
    assert.equal(packBlock(random, 3).length, random.length + HEAD_BYTES + 5 + 8, 'what does not is stored as it is');
    assert.equal(gunzipSync(packBlock(new Uint8Array(0), 3)).length, 0);
  });

  it('comes in parts of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }), (lengths) => {
        const found: Uint8Array[] = [];
        let rest: Uint8Array = new Uint8Array(0);
        for (let at = 0, n = 0; at < packed.length; n += 1) {
          const length = lengths[n % lengths.length] ?? 1;
          const part = packed.subarray(at, at + length);
          const split = splitBlocks(part, rest);
          assert.deepEqual(split, splitBlocks(Buffer.concat([rest, part])));
          found.push(...split.full);
          rest = split.rest;
          at += length;
        }
        assert.equal(found.length, Math.floor(file.length / BLOCK_BYTES));
        assert.ok(Buffer.concat([...found, rest].map((member) => Buffer.from(unpackBlock(member)))).equals(file));
      }),
      { numRuns: 30 },
    );
  });

  it('a member that is not what it says is refused, wherever it was changed', () => {
    for (const member of [packBlock(text.subarray(0, BLOCK_BYTES), 3), packBlock(noise('two', BLOCK_BYTES), 3)]) {
      assert.equal(unpackBlock(member).length, BLOCK_BYTES);
      for (let at = 0; at < member.length; at += at < 40 || at > member.length - 20 ? 1 : 97) {
        const changed = Buffer.from(member);
        changed[at]! ^= 0x41;
        assert.throws(() => unpackBlock(changed), MALFORMED, `byte ${at}`);
      }
      assert.throws(() => unpackBlock(member.subarray(0, member.length - 1)), MALFORMED);
    }
  });

  it('what is hidden behind the end of the deflated bytes is refused: it would go out with them', () => {
    const bytes = text.subarray(0, BLOCK_BYTES);
    const member = Buffer.from(packBlock(bytes, 3));
    const tail = member.subarray(member.length - 8);
    const hidden = Buffer.concat([member.subarray(0, HEAD_BYTES), deflateRawSync(bytes, { level: 3 }), Buffer.from('hidden'), tail]);
    hidden.writeUInt16LE(hidden.length - 1, HEAD_BYTES - 2);
    assert.throws(() => unpackBlock(hidden), MALFORMED);
  });

  it('another member behind the first is refused', () => {
    const [first = new Uint8Array(0)] = membersOf(text);
    assert.throws(() => splitBlocks(Buffer.concat([first, gzipSync(text)])), MALFORMED);
    assert.throws(() => splitBlocks(gzipSync(text), first), MALFORMED);
  });

  it('what follows a short member is refused at once, not kept until the end', () => {
    const short = packBlock(text.subarray(0, 100), 3);
    assert.equal(splitBlocks(short).rest.length, short.length, 'it may be the last one');
    for (const more of [Buffer.alloc(1), short, noise('more', 100_000)]) {
      assert.throws(() => splitBlocks(Buffer.concat([short, more])), MALFORMED, `${more.length} bytes`);
      assert.throws(() => splitBlocks(more, short), MALFORMED, `${more.length} bytes`);
    }
  });

  it('a member that is cut off is refused after any of its bytes', () => {
    const short = packBlock(text.subarray(0, 100), 3);
    for (let length = 0; length < short.length; length += 1)
      assert.throws(() => unpackBlock(short.subarray(0, length)), MALFORMED, `${length} bytes`);
  });
});
