/** Inputs that broke something once. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../fixtures/fuzz/', import.meta.url));

export const fixtureFolder = (target: string): string => join(ROOT, target);

export function fuzzFixtures(target: string): readonly { readonly name: string; readonly input: Uint8Array }[] {
  const folder = fixtureFolder(target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.bin'))
    .sort()
    .map((name) => ({ name, input: new Uint8Array(readFileSync(join(folder, name))) }));
}
