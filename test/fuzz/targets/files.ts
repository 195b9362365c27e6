import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface SeedFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files of at most `maxBytes` below a folder of the repository (`fixtures/…`) or beside it (`../shared/…`); none when it is absent. At most `most`, spread evenly. */
export function seedFiles(folder: string, maxBytes: number, most: number): readonly SeedFile[] {
  const full = join(ROOT, folder);
  if (!existsSync(full)) return [];
  const files = readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/README|\.json$|^\.git/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => ({ path: path.slice(full.length + 1).replaceAll('\\', '/'), bytes: new Uint8Array(readFileSync(path)) }))
    .filter(({ bytes }) => bytes.length <= maxBytes);
  const step = Math.max(1, Math.ceil(files.length / most));
  return files.filter((_, index) => index % step === 0);
}
