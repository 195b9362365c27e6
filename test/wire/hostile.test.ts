/** Whatever the bytes: a message or a WireError, in bounded time. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { WireError } from '../../src/model/errors.js';
import { wbxmlToXml, xmlToWbxml } from '../../src/wire/convert.js';
import { decodeMessage } from '../../src/wire/decode.js';
import type { Encoding } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { Tolerance } from '../../src/model/leniency.js';
import { encodingOf } from '../../src/wire/media-type.js';
import { ascii, fixtureEncoding, hex, ownFixtures, utf8 } from './support/fixtures.js';

/** True for a message. */
function survives(bytes: Uint8Array, encoding: Encoding): boolean {
  try {
    const { message, dialect } = decodeMessage(bytes, encoding);
    assert.ok(message.header);
    assert.equal(dialect.encoding, encoding);
    return true;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    return false;
  }
}

/** Whole fixtures of modest size, and every so many bytes of larger ones. */
function positions(length: number, budget: number): number[] {
  const step = Math.max(1, Math.ceil(length / budget));
  return Array.from({ length: Math.ceil(length / step) }, (_, index) => index * step);
}

describe('hostile bodies', function () {
  this.timeout(120_000);
  const fixtures = ownFixtures()
    .map((fixture) => ({ key: fixture.key, bytes: fixture.read() }))
    .map((fixture) => ({ ...fixture, encoding: fixtureEncoding(fixture.key, fixture.bytes) }));

  it('every prefix of every WBXML fixture is refused or read', () => {
    for (const { bytes, encoding } of fixtures) {
      if (encoding !== 'wbxml') continue;
      for (const length of positions(bytes.length, 300)) survives(bytes.subarray(0, length), encoding);
    }
  });

  it('every prefix of every XML fixture is refused', () => {
    for (const { key, bytes, encoding } of fixtures) {
      if (encoding !== 'xml') continue;
      const end = Buffer.from(bytes).lastIndexOf('>');
      for (const length of positions(end, 25)) assert.equal(survives(bytes.subarray(0, length), encoding), false, `${key} to ${length}`);
    }
  });

  it('every single-byte change of every fixture is refused or read', () => {
    for (const { bytes, encoding } of fixtures) {
      if (encoding === undefined) continue;
      const changed = Uint8Array.from(bytes);
      for (const at of positions(bytes.length, encoding === 'wbxml' ? 60 : 4)) {
        const byte = bytes[at] ?? 0;
        for (const other of encoding === 'wbxml' ? [0, 1, 0xff, byte ^ 0x40, byte ^ 0x01] : [0x3c, 0x26, 0]) {
          changed[at] = other;
          survives(changed, encoding);
        }
        changed[at] = byte;
      }
    }
  });

  it('every single-byte change of a small message, all 255 of them', () => {
    const bytes = hex(
      `02 9F 53 6A 04 61 00 62 00 6D 6C 71 03 ${ascii('1.1')} 00 01 4E 5A 00 01 53 83 00 01 01 00 00 4F C3 02 00 01 01 01 01 6B 45 4B 03 31 00 01 54 4F C3 01 41 01 01 01 5F 54 4F C3 05 02 9F 54 6A 00 01 01 01 12 01 01`,
    );
    const changed = Uint8Array.from(bytes);
    for (let at = 0; at < bytes.length; at += 1) {
      for (let byte = 0; byte < 256; byte += 1) {
        changed[at] = byte;
        survives(changed, 'wbxml');
      }
      changed[at] = bytes[at] ?? 0;
    }
  });

  it('any bytes, and any bytes behind a header, in bounded time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom<Encoding>('xml', 'wbxml'), (bytes, encoding) => {
        const start = performance.now();
        survives(bytes, encoding);
        survives(Uint8Array.from([...hex('02 A4 01 6A 04 41 00 42 00 6D'), ...bytes]), 'wbxml');
        survives(utf8(`<SyncML>${Buffer.from(bytes).toString('latin1')}`), 'xml');
        encodingOf(undefined, bytes, new Tolerance(false));
        assert.ok(performance.now() - start < 1000);
      }),
      { numRuns: 500 },
    );
  });

  it('any tokens', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '6C',
        '6B',
        '45',
        '46',
        '6A',
        '54',
        '4F',
        '5A',
        '53',
        '4B',
        '00 01',
        '00 00',
        '00 02',
        '01',
        '01',
        '12',
        '5F',
        '43',
        '44 00',
        'C4 00',
        '82 00',
        '40 41 00',
      ),
      fc.constantFrom('03 31 00', 'C3 02 41 42', '83 00', '02 41', 'C3 06 02 A4 03 6A 00 4A', 'C3 07 3C 44 65 76 49 6E 66'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const bytes = hex(`02 A4 01 6A 07 ${ascii('DevInf')} 00 6D ${pieces.join(' ')}`);
        survives(bytes, 'wbxml');
        try {
          // Whatever converts to XML is well-formed.
          xmlToWbxml(utf8(wbxmlToXml(bytes)));
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('what was read from a damaged message can be written and read again', () => {
    for (const { bytes, encoding } of fixtures.filter(({ key }) => key.includes('two-way'))) {
      if (encoding !== 'wbxml') continue;
      const changed = Uint8Array.from(bytes);
      for (const at of positions(bytes.length, 30)) {
        changed[at] = (bytes[at] ?? 0) ^ 0x02;
        try {
          const { message, dialect } = decodeMessage(changed, encoding);
          if (JSON.stringify(message.body).includes('"Unknown"')) continue;
          for (const target of ['xml', 'wbxml'] as const)
            decodeMessage(new MessageEncoder({ ...dialect, encoding: target }).encode(message), target);
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
        } finally {
          changed[at] = bytes[at] ?? 0;
        }
      }
    }
  });
});
