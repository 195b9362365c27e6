/** The files of a folder that is backed up, less what is excluded. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What stands beside a SQLite database while it is in use: it is no file of its own, and its content is in the database's backup. */
const BESIDE_DATABASE = /-(?:wal|shm|journal)$/;

/**
 * Paths below the folder, with `/`, sorted. Links are not followed.
 * @param exclude patterns: `*` any characters but `/`, `**` any, `?` one; `name/` a folder and all in it; without `/` at any depth.
 */
export function filesIn(folder: string, exclude: readonly string[]): string[] {
  const patterns = exclude.map(patternOf);
  const isOut = (path: string, isFolder: boolean): boolean => patterns.some((pattern) => pattern(path, isFolder));
  const walk = (below: string): string[] =>
    readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isOut(path, entry.isDirectory())) return [];
      if (entry.isDirectory()) return walk(path);
      return entry.isFile() ? [path] : [];
    });
  const found = walk('').sort();
  const all = new Set(found);
  return found.filter((path) => !BESIDE_DATABASE.test(path) || !all.has(path.replace(BESIDE_DATABASE, '')));
}

function patternOf(text: string): (path: string, isFolder: boolean) => boolean {
  const onlyFolders = text.endsWith('/');
  const body = text.replace(/\/$/, '').replace(/^\.?\//, '');
  const anywhere = !body.includes('/') && !text.startsWith('/');
  const source = body.replace(/\*\*\/?|\*|\?|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  });
  const expression = new RegExp(`^${anywhere ? '(?:.*/)?' : ''}${source}$`);
  return (path, isFolder) => (!onlyFolders || isFolder) && expression.test(path);
}
