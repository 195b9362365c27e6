import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBase64 } from '../../src/content/transfer-encoding.js';

describe('content: BASE64', () => {
  for (const { text, bytes, why } of [
    { text: '', bytes: '', why: 'nothing' },
    { text: 'QUJD', bytes: 'ABC', why: 'whole' },
    { text: 'Q U\r\nJD\t', bytes: 'ABC', why: 'white space anywhere' },
    { text: 'QUI=', bytes: 'AB', why: 'padded' },
    { text: 'QUI', bytes: 'AB', why: 'padding left out' },
    { text: 'QQ==', bytes: 'A', why: 'padded twice' },
    { text: 'QUJDR', bytes: undefined, why: 'a digit too many' },
    { text: 'QUI===', bytes: undefined, why: 'padded three times' },
    { text: 'QU=I', bytes: undefined, why: 'padding inside' },
    { text: 'QUJ-', bytes: undefined, why: 'the alphabet of URLs' },
    { text: 'Q_JD', bytes: undefined, why: 'the alphabet of URLs' },
    { text: 'QUJ*', bytes: undefined, why: 'another character' },
    { text: 'http://x.example/a.jpg', bytes: undefined, why: 'an address' },
  ])
    it(`${why}: ${JSON.stringify(text)}`, () => {
      assert.equal(decodeBase64(text)?.toString('latin1'), bytes);
    });

  it('takes a text for BASE64 when its characters are, and only then', () => {
    const chars = fc.string({ unit: fc.constantFrom(...'Az09+/==-_*.:\r\n \u00e4'), maxLength: 24 });
    fc.assert(
      fc.property(chars, (text) => {
        const compact = text.replace(/\s+/g, '');
        const digits = compact.replace(/={1,2}$/, '');
        const isBase64 = /^[A-Za-z0-9+/]*$/.test(digits) && digits.length % 4 !== 1;
        assert.equal(decodeBase64(text) !== undefined, isBase64);
      }),
      { numRuns: 2000 },
    );
  });
});
