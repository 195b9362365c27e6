import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Encoding } from '../../../src/wire/dialect.js';
import { Tolerance } from '../../../src/model/leniency.js';
import { encodingOf, MEDIA_TYPES } from '../../../src/wire/media-type.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const COPIES = join(ROOT, 'fixtures', 'captures');
const SHARED = join(ROOT, '..', 'shared');
export const MANIFEST = join(ROOT, 'fixtures', 'wire', 'manifest.json');

export interface Fixture {
  /** Key in the manifest: the path below the shared folder, with `/`. */
  readonly key: string;
  readonly read: () => Uint8Array;
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

/** Files that describe bodies instead of being one. */
function isBody(path: string): boolean {
  return !/(?:README\.md|headers\.txt|messages\.txt|\.gitattributes)$/.test(path);
}

function fixturesUnder(folder: string, prefix: string): Fixture[] {
  if (!existsSync(folder)) return [];
  return filesUnder(folder)
    .filter(isBody)
    .map((path) => ({ key: `${prefix}/${relative(folder, path).replaceAll('\\', '/')}`, read: () => new Uint8Array(readFileSync(path)) }));
}

/** The captured bodies this repository has of its own. */
export function ownFixtures(): Fixture[] {
  return fixturesUnder(COPIES, 'captures').map((fixture) => ({
    ...fixture,
    key: fixture.key.replace(/^captures\/corpus\//, 'corpus/messages/'),
  }));
}

/** The larger collection next to the repository; undefined where it is absent, which one line says. */
export function sharedFixtures(): Fixture[] | undefined {
  const fixtures = [
    ...fixturesUnder(join(SHARED, 'captures'), 'captures'),
    ...fixturesUnder(join(SHARED, 'corpus', 'messages'), 'corpus/messages'),
  ];
  if (fixtures.length > 0) return fixtures;
  console.log('    note: ../shared is absent; only the messages in fixtures/captures were tested');
  return undefined;
}

/** All fixtures there are, each once. */
export function allFixtures(): Fixture[] {
  return sharedFixtures() ?? ownFixtures();
}

/** The encoding a server would take the file for: by the type of a `.wbxml`, else by what is inside. */
export function fixtureEncoding(key: string, bytes: Uint8Array): Encoding | undefined {
  return encodingOf(key.endsWith('.wbxml') ? MEDIA_TYPES.wbxml : 'application/octet-stream', bytes, new Tolerance(false));
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/[^0-9a-fA-F]/g, ''), 'hex'));
}

export function ascii(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex');
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');

/** Whether the bytes written as hex stand somewhere in `bytes`. */
export function contains(bytes: Uint8Array, part: string): boolean {
  return Buffer.from(bytes).indexOf(hex(part)) >= 0;
}
