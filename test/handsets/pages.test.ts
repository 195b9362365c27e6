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

  it('leave no blank in the settings', async () => {
    for (const [name, text] of await pagesInForm()) assert.doesNotMatch(text, /\{\w+\}/, name);
  });
});
