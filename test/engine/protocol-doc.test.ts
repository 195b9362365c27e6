/** docs/protocol.md says what the tests run, and names tests that exist. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENT, HELD_BY, withTables } from './support/doc.js';

const squeezed = (text: string): string => text.replace(/ +/g, ' ').replace(/-{3,}/g, '---').replace(/\\/g, '');

describe('docs/protocol.md', () => {
  const text = readFileSync(DOCUMENT, 'utf8');

  it('has the tables the tests run', () => {
    assert.equal(squeezed(text), squeezed(withTables(text)), 'npx tsx test/engine/support/doc.ts writes them anew');
  });

  it('names tests that exist', () => {
    for (const [name, [file, title]] of Object.entries(HELD_BY)) {
      assert.ok(readFileSync(join(DOCUMENT, '../..', file), 'utf8').includes(title), `${name}: ${file} has no "${title}"`);
    }
    for (const [, file] of text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`/g)) {
      assert.ok(readFileSync(join(DOCUMENT, '../..', file ?? ''), 'utf8').length > 0, file);
    }
  });
});
