import assert from 'node:assert/strict';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { engineWorks, Inflater } from '../../src/packing/inflater.js';

const MAX = 16_384;

describe('an inflater', () => {
  it('keeps its engine with this version of Node', () => {
    assert.ok(engineWorks());
  });

  for (const keepsEngine of [true, false]) {
    for (const [packed, pack] of [
      ['raw', (bytes: Uint8Array) => deflateRawSync(bytes, { level: 1 })],
      ['gzip', (bytes: Uint8Array) => gzipSync(bytes, { level: 1 })],
    ] as const) {
      describe(`of ${packed}, ${keepsEngine ? 'with one engine' : 'with an engine for each'}`, () => {
        const inflater = new Inflater(packed, MAX, keepsEngine);

        it('gives back what was packed, up to the most it may be', () => {
          fc.assert(
            fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: MAX }), (some, length) => {
              const bytes = Buffer.alloc(length, some.length > 0 ? some : 'x');
              assert.ok(bytes.equals(inflater.inflate(pack(bytes))));
            }),
          );
          const full = Buffer.alloc(MAX, 'the most ');
          assert.ok(full.equals(inflater.inflate(pack(full))));
        });

        it('refuses what is cut at any byte, goes on behind its end or holds more, and works again after that', () => {
          const text = Buffer.from('a text that is packed '.repeat(20));
          const whole = pack(text);
          for (let length = 0; length < whole.length; length += 1)
            assert.throws(() => inflater.inflate(whole.subarray(0, length)), `${length} bytes`);
          assert.throws(() => inflater.inflate(Buffer.concat([whole, Buffer.of(1)])));
          for (const more of [1, 64, 65, 100_000]) assert.throws(() => inflater.inflate(pack(Buffer.alloc(MAX + more))), `${more} more`);
          assert.ok(text.equals(inflater.inflate(whole)));
        });

        it('answers any bytes with bytes or an error, and is not disturbed by them', () => {
          const text = Buffer.from('after the storm');
          const whole = pack(text);
          fc.assert(
            fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (noise, at, flip) => {
              const changed = Buffer.from(whole);
              changed[at]! ^= flip;
              for (const bytes of [noise, changed]) {
                try {
                  assert.ok(inflater.inflate(bytes).length <= MAX);
                } catch (error) {
                  assert.ok(error instanceof Error && !(error instanceof assert.AssertionError));
                }
              }
              assert.ok(text.equals(inflater.inflate(whole)));
            }),
          );
        });
      });
    }
  }
});
