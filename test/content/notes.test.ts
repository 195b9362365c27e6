/** Notes that have a heading beside their text: which of the two a person has edited. */
import assert from 'node:assert/strict';
import { convert, readable } from '../../src/content/conversion/convert.js';
import { takeBackConverted } from '../../src/content/conversion/taking-back.js';

const NOTE = Buffer.from('Shopping\r\nmilk\r\neggs');

/** The stored note after an edit of the note in another format. */
function after(to: 'sifn' | 'journal', type: string, edit: (text: string) => string): string {
  const there = convert(NOTE, 'text/plain', to) ?? assert.fail();
  const sent = readable(Buffer.from(edit(Buffer.from(there).toString())), type) ?? assert.fail();
  return Buffer.from(takeBackConverted(readable(NOTE, 'text/plain') ?? assert.fail(), sent) ?? []).toString();
}

describe('a note with a heading', () => {
  for (const [to, type, heading, body] of [
    ['sifn', 'text/x-s4j-sifn', /<Subject>Shopping/, /<Body>Shopping/],
    ['journal', 'text/calendar', /SUMMARY:Shopping/, /DESCRIPTION:Shopping/],
  ] as const) {
    const put = (pattern: RegExp) => (text: string) => {
      assert.match(text, pattern);
      return text.replace(pattern, (found) => found.replace('Shopping', 'Market'));
    };
    it(`${to}: a heading that is edited alone is its first line`, () => {
      assert.equal(after(to, type, put(heading)), 'Market\r\nmilk\r\neggs');
    });
    it(`${to}: edited in both places it is there once`, () => {
      assert.equal(
        after(to, type, (text) => put(body)(put(heading)(text))),
        'Market\r\nmilk\r\neggs',
      );
    });
    it(`${to}: a heading beside another text stands above that`, () => {
      assert.equal(
        after(to, type, (text) => put(heading)(text).replace('eggs', 'bread')),
        'Market\r\nShopping\r\nmilk\r\nbread',
      );
    });
    it(`${to}: untouched it is unchanged`, () => {
      assert.equal(
        after(to, type, (text) => text),
        NOTE.toString(),
      );
    });
  }
});
