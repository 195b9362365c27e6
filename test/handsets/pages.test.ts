/** The pages about handsets are those of the profiles. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLibrary } from '../../src/handsets/folder.js';
import { pagesInForm } from './support/pages-in-form.js';

const folder = fileURLToPath(new URL('../../docs/handsets/', import.meta.url));

describe('pages about handsets', () => {
  it('are up to date ("npm run handsets:pages" writes them)', async () => {
    const pages = await pagesInForm();
    assert.deepEqual(readdirSync(folder).sort(), [...pages.keys()].sort());
    for (const [name, text] of pages) assert.equal(readFileSync(join(folder, name), 'utf8'), text, name);
  });

  it('tell of each profile what it is known by', async () => {
    const all = [...(await pagesInForm()).values()].join('');
    for (const id of openLibrary().ids) assert.ok(all.includes(`Profile \`${id}\``), id);
  });

  it('tell for each profile what to type: on its page, or on that of its family', async () => {
    for (const [name, text] of await pagesInForm()) {
      if (name === 'README.md' || name === 'fields.md') continue;
      for (const word of ['/sync`', '`contacts`', '`calendar`', 'the user name', 'the password'])
        assert.ok(text.includes(word), `${name}: ${word}`);
    }
  });

  it('tell what fits, in words', async () => {
    const pages = await pagesInForm();
    assert.match(pages.get('sony-ericsson.md') ?? '', /e-mail addresses: at most 3, of at most 50 characters/);
    assert.match(pages.get('nokia-s40.md') ?? '', /names: the first 2 parts/);
    assert.match(pages.get('nokia-s40.md') ?? '', /with all of \[`nokia`\]\(nokia\.md\)/);
  });

  it('leave no blank in the settings', async () => {
    for (const [name, text] of await pagesInForm()) assert.doesNotMatch(text, /\{\w+\}/, name);
  });
});
