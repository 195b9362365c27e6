/** The table of docs/backup.md: every requirement is there, and is held by tests whose titles have its number, or says why by none. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const LAST = 102;

function testFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .flatMap((name) => testFiles(join(path, name)))
    .filter((file) => file.endsWith('.test.ts'));
}

/** Numbers in titles and in the words titles are made of: `R8`, `R8, R9`, and ranges such as `R73–R77`. */
function numbersIn(file: string): ReadonlySet<number> {
  const code = readFileSync(file, 'utf8').replace(/^\s*(?:\/?\*|\/\/).*$/gm, '');
  const titles = [...code.matchAll(/(['"`])((?:\\.|(?!\1).)*)\1/g)].map((found) => found[2] ?? '');
  const found = new Set<number>();
  for (const title of titles) {
    for (const [, from = '', to = from] of title.matchAll(/\bR(\d+)(?:\s*[–-]\s*R?(\d+))?/g)) {
      for (let number = Number(from); number <= Number(to); number += 1) found.add(number);
    }
  }
  return found;
}

describe('docs/backup.md', () => {
  const rows = new Map<number, string>();
  for (const [, number = '', held = ''] of readFileSync(join(root, 'docs/backup.md'), 'utf8').matchAll(/^\| R(\d+) +\| .* \| (.*?) *\|$/gm))
    rows.set(Number(number), held);

  it('has a row for each requirement', () => {
    assert.deepEqual(
      [...rows.keys()].sort((a, b) => a - b),
      Array.from({ length: LAST }, (_, at) => at + 1),
    );
  });

  for (const [number, held] of rows) {
    if (held.startsWith('–')) {
      it(`R${number}: says why no test holds it`, () => assert.ok(held.length > 10, held));
      continue;
    }
    it(`R${number}: is in a title of each test that is named`, () => {
      const named = [...held.matchAll(/`([^`]+)`/g)].map((found) => join(root, found[1] ?? ''));
      assert.notEqual(named.length, 0, held);
      for (const path of named) {
        assert.ok(existsSync(path), path);
        assert.ok(
          testFiles(path).some((file) => numbersIn(file).has(number)),
          `no title with R${number} in ${path}`,
        );
      }
    });
  }
});
