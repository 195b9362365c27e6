import prettier from 'prettier';
import { openLibrary } from '../../../src/handsets/folder.js';
import { pagesOf } from '../../../src/handsets/pages.js';
import { fileURLToPath } from 'node:url';

/** The pages of this release, formatted as all of the repository is. */
export async function pagesInForm(): Promise<ReadonlyMap<string, string>> {
  const options = await prettier.resolveConfig(fileURLToPath(new URL('../../../docs/x.md', import.meta.url)));
  const pages = new Map<string, string>();
  for (const [name, text] of pagesOf(openLibrary())) pages.set(name, await prettier.format(text, { ...options, parser: 'markdown' }));
  return pages;
}
