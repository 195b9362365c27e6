/** Writes docs/handsets anew. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pagesInForm } from './pages-in-form.js';

const folder = fileURLToPath(new URL('../../../docs/handsets/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) rmSync(join(folder, name));
for (const [name, text] of await pagesInForm()) writeFileSync(join(folder, name), text);
