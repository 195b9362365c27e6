import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { wbxmlToXml, xmlToWbxml } from '../../src/wire/convert.js';
import { decodeMessage } from '../../src/wire/decode.js';
import type { Dialect } from '../../src/wire/dialect.js';
import { MessageEncoder } from '../../src/wire/encode.js';
import { childrenOf } from '../../src/wire/write/commands.js';
import { command, message } from './support/arbitrary.js';
import { utf8 } from './support/fixtures.js';

const dialect = (encoding: Dialect['encoding'], version: Dialect['version'], publicId: 'number' | 'string' | 'unknown'): Dialect =>
  encoding === 'xml' ? { encoding, version } : { encoding, version, wbxml: { version: 2, publicId } };

describe('messages of any shape', function () {
  this.timeout(120_000);
  const publicId = fc.constantFrom('number' as const, 'string' as const, 'unknown' as const);

  for (const { encoding, numRuns } of [
    { encoding: 'wbxml', numRuns: 400 },
    { encoding: 'xml', numRuns: 150 },
  ] as const) {
    it(`come back the same through ${encoding}, in the size that was announced`, () => {
      fc.assert(
        fc.property(message, publicId, (sent, id) => {
          const encoder = new MessageEncoder(dialect(encoding, sent.header.verDtd as Dialect['version'], id));
          const bytes = encoder.encode(sent);
          const { message: received, skipped, deviations, dialect: read } = decodeMessage(bytes, encoding);
          assert.deepEqual([...deviations], []);
          assert.deepEqual(received, sent);
          assert.equal(skipped, 0);
          assert.equal(read.version, sent.header.verDtd);
          const size = encoder.envelopeSize(sent.header) + sent.body.reduce((sum, each) => sum + encoder.measure(each), 0);
          if (sent.final) assert.equal(bytes.length, size);
          else assert.ok(bytes.length < size);
          // A second encoder that measured nothing first writes the same bytes.
          assert.deepEqual(new MessageEncoder(dialect(encoding, sent.header.verDtd as Dialect['version'], id)).encode(sent), bytes);
        }),
        { numRuns },
      );
    });

    it(`measure what they hold, in ${encoding}`, () => {
      fc.assert(
        fc.property(command, (sent) => {
          const encoder = new MessageEncoder(dialect(encoding, '1.2', 'number'));
          const children = childrenOf(sent);
          if (!children) return;
          const alone = encoder.measure({ ...sent, commands: [] } as typeof sent);
          assert.equal(encoder.measure(sent), alone + children.reduce((sum, child) => sum + encoder.measure(child), 0));
        }),
        { numRuns },
      );
    });
  }

  it('keep their meaning through token conversion', () => {
    fc.assert(
      fc.property(message, (sent) => {
        const wbxml = new MessageEncoder(dialect('wbxml', sent.header.verDtd as Dialect['version'], 'number')).encode(sent);
        const xml = wbxmlToXml(wbxml);
        assert.deepEqual(decodeMessage(utf8(xml), 'xml').message, sent);
        assert.deepEqual(decodeMessage(xmlToWbxml(utf8(xml)), 'wbxml').message, sent);
      }),
      { numRuns: 150 },
    );
  });
});
