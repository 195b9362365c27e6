/** Every real item, taken apart property by property and written anew in its own format, says the same. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readable, type Readable } from '../../src/content/conversion/convert.js';
import { dialectOf } from '../../src/content/conversion/format.js';
import { readProperty } from '../../src/content/conversion/property.js';
import { write } from '../../src/content/conversion/writing.js';
import { describe as describeItem } from '../../src/content/describe.js';
import type { ContentLine } from '../../src/content/lines.js';
import { splitItems } from '../../src/content/split.js';

const FIXTURES = join(import.meta.dirname, '../../fixtures/content');
const CORPUS = join(import.meta.dirname, '../../../shared/corpus');

function* items(folder: string): Generator<{ name: string; type: string; item: Readable }> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/\.(?:vcf|vcard|vcs|ics|vnt|txt)$/i.test(path) || /\/messages\/|\/devinf\//.test(path)) continue;
    const type = /\.vnt$/i.test(path) ? 'text/x-vnote' : /\.(?:ics|vcs)$/i.test(path) ? 'text/x-vcalendar' : 'text/x-vcard';
    for (const [at, bytes] of splitItems(readFileSync(path), type).entries()) {
      const item = bytes.length < 200_000 ? readable(bytes, type) : undefined;
      if (item?.document && describeItem(bytes, type).parsed) yield { name: `${path.slice(folder.length + 1)} #${at}`, type, item };
    }
  }
}

/** Parameters that the older formats have no place for are left out of what is written in them: the list of losses names them. */
const LEGACY = new Set(['', 'TYPE', 'CHARSET', 'ENCODING', 'VALUE', 'LANGUAGE', 'ROLE', 'RSVP', 'EXPECT', 'STATUS']);
const isPlain = ({ params }: ContentLine, { format }: Readable): boolean =>
  params.every(({ name, value }) => /^[\x20-\x7e]*$/.test(value) && (dialectOf(format) === 'modern' || LEGACY.has(name)));

/** All lines that are properties written anew; frames and what is no property stay. */
function rewritten(item: Readable): Buffer {
  const { document, format } = item;
  assert.ok(document);
  const { text, transcoded } = document.source;
  const source = { text, transcoded, dialect: dialectOf(format) };
  const lines = document.lines.map((line) =>
    line.name === '' || /^(?:BEGIN|END|VERSION)$/.test(line.name) || !isPlain(line, item)
      ? text.slice(line.start, line.end)
      : write(readProperty(source, line), format),
  );
  return Buffer.from(lines.join(''), 'latin1');
}

/** Made to break readers: what is written of them reads better than they do. */
const BROKEN: Readonly<Record<string, string>> = {
  'vcalendar/symbian-agnversit2/Versit2EscapeSeqCheck.ics': 'backslashes in a date',
  'vcalendar/symbian-versit-testfiles/IAutoD2.VCS': 'half a character at the end of a value',
  'vcard/symbian-versit-testfiles/IParamE.VCF': 'types that are backslashes',
  'vcard/symbian-versit-testfiles/inewbase64.vcf': 'a text in BASE64, which is written as a text',
};

const said = (bytes: Uint8Array, type: string): readonly string[] =>
  Buffer.from(describeItem(bytes, type).canonical).toString('utf8').replaceAll('\x1e', ' = ').replaceAll('\x1f', '|').split('\x1d');

describe('content: items written anew', function () {
  this.timeout(60_000);
  for (const [name, folder] of [
    ['the fixtures', FIXTURES],
    ['the corpus', CORPUS],
  ] as const) {
    if (!existsSync(folder)) {
      it(`is not run over ${name}`, function () {
        console.log(`    (no corpus of items at ${folder}: only the fixtures are written anew)`);
        this.skip();
      });
      continue;
    }
    it(`${name}: each says what it said`, () => {
      const wrong: string[] = [];
      let count = 0;
      for (const { name: which, type, item } of items(folder)) {
        count += 1;
        const [before, after] = [said(item.bytes, type), said(rewritten(item), type)];
        const lost = before.filter((one) => !after.includes(one));
        const added = after.filter((one) => !before.includes(one));
        if (lost.length + added.length > 0 && !(which.replace(/ #.*/, '') in BROKEN))
          wrong.push(`${which} ${item.format}\n  - ${lost.join('\n  - ').slice(0, 300)}\n  + ${added.join('\n  + ').slice(0, 300)}`);
      }
      assert.equal(wrong.length, 0, wrong.join('\n'));
      assert.ok(count > (folder === CORPUS ? 500 : 10), `${count} items`);
    });
  }
});
