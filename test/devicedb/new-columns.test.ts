/** The columns that an extended table's SQL has more than the old one. */
import assert from 'node:assert/strict';
import { newColumns } from '../../src/devicedb/schema-changes.js';

const OLD = 'CREATE TABLE t (a)';
const withMore = (more: string): string => `CREATE TABLE t (a${more})`;

describe('columns that were added', () => {
  for (const [more, columns] of [
    [', b', ['b']],
    [", b TEXT DEFAULT 'x, y', c CHECK (c IN (1, 2))", ["b TEXT DEFAULT 'x, y'", 'c CHECK (c IN (1, 2))']],
    [', "b, ""c" INT, [d, e], `f, g`', ['"b, ""c" INT', '[d, e]', '`f, g`']],
    [', b /* one, two */, c -- three, four\n', ['b /* one, two */', 'c -- three, four']],
    [", b DEFAULT 'it''s, so', c", ["b DEFAULT 'it''s, so'", 'c']],
    [', b /* not closed, c', ['b /* not closed, c']],
  ] as const) {
    it(JSON.stringify(more), () => assert.deepEqual(newColumns(OLD, withMore(more)), columns));
  }

  // Each of them a million characters that begin something and end nothing: a look at the rest from each would be 10^11 steps.
  for (const piece of ['/*', '"', "'", '`', '[', '--', '(', ',', '/*"', '*/']) {
    it(`takes one pass over a million characters of ${piece}`, () => {
      const text = piece.repeat(1_000_000 / piece.length);
      assert.ok(newColumns(OLD, withMore(`, b${text}`)).length >= 1);
    });
  }
});
