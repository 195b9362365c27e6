import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CHECKS, type Check } from '../../src/storage/ports/checks.js';

describe('docs/operations.md', () => {
  it('says of every check what the table in the source says', () => {
    const text = readFileSync(fileURLToPath(new URL('../../docs/operations.md', import.meta.url)), 'utf8');
    const rows = text
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
    for (const { name, severity, holds, repair = '–', safe = '' } of CHECKS as readonly Check[])
      assert.ok(
        rows.some((cells) => cells[1] === `\`${name}\`` && cells.slice(2, 6).join('|') === [severity, holds, repair, safe].join('|')),
        `${name}: its row should read | ${severity} | ${holds} | ${repair} | ${safe} |`,
      );
  });
});
