import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

interface Rule {
  /** `storage/ports` allows that folder only. */
  readonly may: readonly string[];
  readonly everything: boolean;
}

/** The table of rooms in docs/architecture.md. */
function rules(): Map<string, Rule> {
  const text = readFileSync(join(root, 'docs/architecture.md'), 'utf8');
  const table = new Map<string, Rule>();
  for (const line of text.split('\n')) {
    const row = /^\| `([a-z]+)`\s*\| .*\| ([^|]+?)\s*\|$/.exec(line);
    if (!row?.[1] || !row[2]) continue;
    const may = row[2].split(',').map((name) => name.trim());
    table.set(row[1], { may: may.filter((name) => name !== '–'), everything: may.includes('every room') });
  }
  return table;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

const inSrc = (path: string): string => relative(src, path).split(sep).join('/');
const roomOf = (path: string): string => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map((m) => inSrc(join(path, '..', m[1] ?? '')));
}

describe('layout', () => {
  const table = rules();

  it('has a row for every room, and a room for every row but those still to be built', () => {
    const rooms = new Set(sources(src).map((path) => roomOf(inSrc(path))));
    assert.deepEqual([...rooms].sort(), [...table.keys()].sort());
  });

  it('imports only what the table of docs/architecture.md allows', () => {
    const wrong: string[] = [];
    for (const path of sources(src)) {
      const room = roomOf(inSrc(path));
      const rule = table.get(room);
      for (const target of imports(path)) {
        const other = roomOf(target);
        const allowed =
          other === room || rule?.everything === true || rule?.may.some((m) => m === other || target.startsWith(`${m}/`)) === true;
        if (!allowed) wrong.push(`${inSrc(path)} imports ${target}`);
      }
    }
    assert.deepEqual(wrong, []);
  });

  it('keeps clocks, random and I/O out of the pure rooms', () => {
    const impure = /\bDate\.now\(|\bnew Date\(\)|Math\.random|node:fs|node:net|node:http|process\.env|setTimeout/;
    const found = sources(src)
      .filter((path) => ['model', 'wire', 'content', 'records', 'engine'].includes(roomOf(inSrc(path))))
      .filter((path) => impure.test(readFileSync(path, 'utf8')))
      .map(inSrc);
    assert.deepEqual(found, []);
  });
});
