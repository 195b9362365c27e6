import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { hex } from '../../src/records/bytes.js';
import { databaseDigest, encodeRow, isInDigest, rowHash, RowHasher, schemaHash, TableSum } from '../../src/records/digest.js';
import { TextBytes, type SqlValue } from '../../src/records/values.js';
import { anyValue } from './arbitraries.js';

const bytesOf = (text: string): string => text.replaceAll(' ', '');

describe('records: digest', () => {
  for (const { row, bytes, why } of [
    { row: [null], bytes: '00', why: 'NULL' },
    { row: [1n], bytes: '01 0000000000000001', why: 'INTEGER' },
    { row: [-2n], bytes: '01 fffffffffffffffe', why: 'negative INTEGER' },
    { row: [-(2n ** 63n)], bytes: '01 8000000000000000', why: 'smallest INTEGER' },
    { row: [1], bytes: '02 3ff0000000000000', why: 'REAL' },
    { row: [-0], bytes: '02 8000000000000000', why: 'minus zero' },
    { row: ['aü'], bytes: '03 00000003 61c3bc', why: 'TEXT' },
    { row: [new TextBytes(Uint8Array.of(0xff))], bytes: '03 00000001 ff', why: 'TEXT that is not UTF-8' },
    { row: [Uint8Array.of(1, 2)], bytes: '04 00000002 0102', why: 'BLOB' },
    { row: [7n, 'x', null], bytes: '01 0000000000000007 03 00000001 78 00', why: 'one after another' },
  ] satisfies { row: SqlValue[]; bytes: string; why: string }[]) {
    it(`encodes ${bytes}: ${why}`, () => {
      assert.equal(hex(encodeRow(row)), bytesOf(bytes));
      assert.equal(
        hex(rowHash(row)),
        createHash('sha256')
          .update(Buffer.from(bytesOf(bytes), 'hex'))
          .digest('hex'),
      );
    });
  }

  it('has the same bytes for small integers either way', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        const hasher = new RowHasher();
        hasher.smallInteger(n);
        assert.deepEqual(hasher.encoded().slice(), encodeRow([BigInt(n)]));
      }),
    );
  });

  it('sums as numbers modulo 2^256 do, and what is subtracted is gone', () => {
    const rows = fc.array(fc.array(anyValue, { minLength: 1, maxLength: 3 }), { maxLength: 20 });
    fc.assert(
      fc.property(rows, rows, (kept, gone) => {
        const sum = new TableSum();
        for (const row of [...gone, ...kept]) sum.add(rowHash(row));
        const again = new TableSum(sum.facts());
        for (const row of gone) again.subtract(rowHash(row));
        const total = kept.reduce((all, row) => (all + BigInt(`0x${hex(rowHash(row))}`)) % 2n ** 256n, 0n);
        assert.deepEqual(again.facts(), { rows: kept.length, sum: total.toString(16).padStart(64, '0') });
      }),
    );
  });

  it('subtracts below zero by going round', () => {
    const sum = new TableSum({ rows: 1, sum: '0'.repeat(64) });
    sum.subtract(Buffer.from('00'.repeat(31) + '01', 'hex'));
    assert.deepEqual(sum.facts(), { rows: 0, sum: 'f'.repeat(64) });
  });

  it('hashes the schema from bytes written by hand', () => {
    const sql = 'CREATE TABLE a(b)';
    const bytes = bytesOf(
      `00000003 ffffffff 00000005 ${Buffer.from('table').toString('hex')} 00000001 61 00000001 61 00000011 ${Buffer.from(sql).toString('hex')}`,
    );
    const auto = { type: 'table', name: 'sqlite_sequence', tblName: 'sqlite_sequence', sql: 'CREATE TABLE sqlite_sequence(name,seq)' };
    assert.equal(
      schemaHash(3, -1, [auto, { type: 'table', name: 'a', tblName: 'a', sql }]),
      createHash('sha256').update(Buffer.from(bytes, 'hex')).digest('hex'),
    );
  });

  it('hashes the whole from bytes written by hand, tables in the order of their bytes', () => {
    const schema = 'ab'.repeat(32);
    const tables = { '\ufffd': { rows: 1, sum: '01'.repeat(32) }, '\u{10000}': { rows: 258, sum: '02'.repeat(32) } };
    const bytes = bytesOf(
      `${Buffer.from('moorage-digest-1').toString('hex')} ${schema} 00000003 efbfbd 0000000000000001 ${'01'.repeat(32)} 00000004 f0908080 0000000000000102 ${'02'.repeat(32)}`,
    );
    assert.equal(databaseDigest(schema, tables), createHash('sha256').update(Buffer.from(bytes, 'hex')).digest('hex'));
  });

  it('leaves out virtual tables and those of SQLite but two', () => {
    assert.deepEqual(
      ['a', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4', 'sqlite_schema'].filter((name) => isInDigest(name, false)),
      ['a', 'sqlite_sequence', 'sqlite_stat1'],
    );
    assert.equal(isInDigest('search', true), false);
  });
});
