import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hex } from '../../src/records/bytes.js';
import { RecordError } from '../../src/records/error.js';
import {
  applyPages,
  patchedPart,
  readPages,
  touchedPieces,
  writePages,
  xorBytes,
  type ByteRange,
  type Pages,
} from '../../src/records/ranges.js';

const HAND =
  '4d504731 0000000000000029 000000000000002a 0000000000000006' + '0000000000000001 00000002 00 aabb' + '0000000000000004 00000002 01 0ff0';
const handBytes = Buffer.from(HAND.replaceAll(' ', ''), 'hex');

/** Two files and the ranges that lead from one to the other, cut at random places. */
const anyChange = fc
  .tuple(
    fc.uint8Array({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.tuple(fc.nat(200), fc.boolean()), { maxLength: 6 }),
  )
  .map(([before, after, cuts]) => {
    const points = [...new Set([0, after.length, ...cuts.map(([at]) => Math.min(at, after.length))])].sort((a, b) => a - b);
    const ranges: ByteRange[] = points.slice(1).map((end, i) => {
      const offset = points[i] ?? 0;
      const part = after.slice(offset, end);
      const xor = cuts[i % Math.max(1, cuts.length)]?.[1] ?? false;
      return { offset, xor, bytes: xor ? xorBytes(before.subarray(offset), part) : part };
    });
    return { before, after, pages: { base: 1, to: 2, size: after.length, ranges } satisfies Pages };
  });

describe('records: ranges', () => {
  it('reads bytes written by hand and applies them', () => {
    const pages = readPages(handBytes);
    assert.deepEqual([pages.base, pages.to, pages.size], [41, 42, 6]);
    assert.equal(hex(applyPages(pages, Uint8Array.of(1, 2, 3, 4, 5))), '01aabb040af0');
    assert.deepEqual(writePages(pages), new Uint8Array(handBytes));
  });

  it('leads from one file to the other, whole and by pieces', () => {
    fc.assert(
      fc.property(anyChange, fc.integer({ min: 1, max: 64 }), ({ before, after, pages }, piece) => {
        const read = readPages(writePages(pages));
        assert.deepEqual(applyPages(read, before), after);
        const touched = new Set(touchedPieces(read, piece, before.length));
        for (let at = 0; at < after.length; at += piece) {
          const base = before.slice(at, at + piece);
          const wanted = after.slice(at, at + piece);
          assert.deepEqual(patchedPart(read, at, base, piece), wanted);
          if (!touched.has(at / piece)) assert.deepEqual(base, wanted);
        }
      }),
    );
  });

  it('counts pieces as touched that only grew or shrank', () => {
    const grown: Pages = { base: 1, to: 2, size: 45, ranges: [] };
    assert.deepEqual(touchedPieces(grown, 10, 15), [1, 2, 3, 4]);
    assert.deepEqual(touchedPieces({ ...grown, size: 15 }, 10, 45), [1]);
    assert.deepEqual(touchedPieces({ ...grown, size: 20 }, 10, 45), []);
  });

  for (const [text, says] of [
    ['', 'begin with MPG1'],
    [HAND.slice(0, 50), 'begin with MPG1'],
    [HAND.replace('4d50', '4d51'), 'begin with MPG1'],
    [HAND.slice(0, -2), 'cut short'],
    [HAND.replace('00000002 00 aabb', '00000000 00'), 'is empty'],
    [HAND.replace('00000002 00', '00000002 02'), 'unknown form'],
    [HAND.replace('0000000000000004 0', '0000000000000002 0'), 'not behind'],
    [HAND.replace('0000000000000006', '0000000000000005'), 'beyond the end'],
    [HAND.replace('0000000000000006', 'ffffffffffffffff'), 'beyond 2^53'],
  ] as const) {
    it(`refuses ${says}`, () => {
      const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex');
      assert.throws(
        () => readPages(bytes),
        (error) => error instanceof RecordError && error.message.includes(says),
      );
    });
  }
});
