/** Any value SQLite can hold. */
import fc from 'fast-check';
import { textValue, type SqlValue } from '../../src/records/values.js';

export const anyValue: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 20 }).map(textValue),
  fc.uint8Array({ maxLength: 20 }),
);
