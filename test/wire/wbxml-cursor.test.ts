import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { WireError } from '../../src/model/errors.js';
import { Cursor, encodeMbUint32 } from '../../src/wire/wbxml/cursor.js';
import { hex } from './support/fixtures.js';

describe('wbxml mb_u_int32', () => {
  for (const { bytes, value, why } of [
    { bytes: '00', value: 0, why: 'zero is one byte' },
    { bytes: '7f', value: 0x7f, why: 'the largest in one byte' },
    { bytes: '81 20', value: 0xa0, why: 'two groups, high group first' },
    { bytes: '9f 53', value: 0x0fd3, why: 'public identifier of SyncML 1.1' },
    { bytes: 'a4 01', value: 0x1201, why: 'public identifier of SyncML 1.2' },
    { bytes: '8f ff ff ff 7f', value: 0xffff_ffff, why: 'largest' },
  ]) {
    it(`reads ${bytes}: ${why}`, () => {
      assert.equal(new Cursor(hex(bytes)).mbUint32(), value);
      assert.deepEqual(Uint8Array.from(encodeMbUint32(value)), hex(bytes));
    });
  }

  it('refuses more than 32 bits and more than 5 bytes', () => {
    for (const bytes of ['90 80 80 80 00', '80 80 80 80 80 00']) {
      assert.throws(
        () => new Cursor(hex(bytes)).mbUint32(),
        (error) => error instanceof WireError && error.fault === 'overflow' && error.offset === 0,
      );
    }
  });

  it('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (n) => {
        assert.equal(new Cursor(Uint8Array.from(encodeMbUint32(n))).mbUint32(), n);
      }),
    );
  });

  it('answers any bytes with a value or a WireError, never another error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        try {
          new Cursor(bytes).mbUint32();
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      }),
    );
  });
});

describe('wbxml cursor', () => {
  it('finds the end of short and long strings', () => {
    for (const length of [0, 1, 23, 24, 25, 300]) {
      const cursor = new Cursor(Uint8Array.from([...new Array<number>(length).fill(0x41), 0, 0x42]));
      assert.equal(cursor.skipString(), length);
      assert.equal(cursor.u8(), 0x42);
    }
  });

  it('does not run past the end', () => {
    const truncated = (error: unknown): boolean => error instanceof WireError && error.fault === 'truncated';
    assert.throws(() => new Cursor(hex('41 42')).skipString(), truncated);
    assert.throws(() => new Cursor(hex('41')).skip(2), truncated);
    assert.throws(() => new Cursor(hex('')).u8(), truncated);
  });
});
