import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { acceptable } from '../../src/content/check.js';
import { parseDocument } from '../../src/content/components.js';
import { describe as describeItem } from '../../src/content/describe.js';
import { parseLines } from '../../src/content/lines.js';
import { splitItems } from '../../src/content/split.js';
import type { Dialect } from '../../src/content/value.js';
import { variations } from './variations.js';

/*
 * A run over a large collection of items that phones and other programs wrote. It lies beside the repository, not in it; what it must
 * give is in fixtures/content/corpus.json.
 */

interface Manifest {
  readonly files: Readonly<Record<string, number>>;
  /** Path → reason, for each file that is read as opaque. */
  readonly opaque: Readonly<Record<string, string>>;
}

const corpus = join(import.meta.dirname, '../../../shared/corpus');
const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/content/corpus.json'), 'utf8')) as Manifest;

function typeOf(path: string): string {
  if (/sif.*(\.xml|\.sifc)$|sif\d\.txt$/.test(path)) return 'text/x-s4j-sifc';
  if (path.endsWith('.ics') || path.endsWith('.ref') || path.endsWith('.local')) return 'text/calendar';
  if (path.endsWith('.vnt')) return 'text/x-vnote';
  return path.startsWith('vcard/') ? 'text/x-vcard' : 'text/x-vcalendar';
}

describe('content: corpus', () => {
  if (!existsSync(corpus)) {
    // Files of other projects, which this repository does not hold; what they taught stands in fixtures/content.
    const why = `no corpus of items at ${corpus}`;
    it(`is not run: ${why}`, function () {
      console.log(`    (${why}: the run over it is skipped)`);
      this.skip();
    });
    return;
  }
  const paths = ['vcard', 'vcalendar', 'sif'].flatMap((folder) =>
    readdirSync(join(corpus, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map((entry) => join(entry.parentPath, entry.name).slice(corpus.length + 1))
      .sort(),
  );
  const read = (path: string): Buffer => readFileSync(join(corpus, path));

  it('reads what can be read', () => {
    const counts: Record<string, number> = {};
    const opaque: Record<string, string> = {};
    for (const path of paths) {
      const item = describeItem(read(path), typeOf(path));
      counts[item.kind] = (counts[item.kind] ?? 0) + 1;
      if (!item.parsed) opaque[path] = item.reason ?? '';
    }
    assert.deepEqual(opaque, manifest.opaque);
    assert.deepEqual(counts, manifest.files);
  });

  it('accepts what it reads', () => {
    for (const path of paths) {
      if (path.startsWith('sif/')) continue;
      const bytes = read(path);
      const { kind } = describeItem(bytes, typeOf(path));
      const type = kind === 'vcard' ? 'text/vcard' : kind === 'vnote' ? 'text/x-vnote' : 'text/calendar';
      if (kind !== 'opaque' && kind !== 'sif') assert.ok(acceptable(bytes, type).ok, path);
    }
  });

  it('loses no byte of them', () => {
    for (const path of paths) {
      const document = parseDocument(read(path));
      if (document === undefined) continue;
      const { source } = document;
      assert.equal(
        parseLines(source)
          .map((line) => source.text.slice(line.start, line.end))
          .join(''),
        source.text,
        path,
      );
    }
  });

  it('splits files into items that are read like the files', () => {
    for (const path of paths) {
      const type = typeOf(path);
      if (type === 'text/x-s4j-sifc') continue;
      const bytes = read(path);
      const items = splitItems(bytes, type);
      if (describeItem(bytes, type).parsed) assert.ok(items.length > 0, path);
      if (path.startsWith('vcard/')) {
        const rest: number = items.reduce((left, item) => left - item.length, bytes.length);
        assert.ok(rest >= 0, path);
        for (const item of items) assert.ok(bytes.includes(Buffer.from(item)) || describeItem(item, type).parsed, path);
      }
    }
  });

  for (const [name, vary] of Object.entries(variations)) {
    it(`does not count ${name}`, () => {
      let applied = 0;
      for (const path of paths) {
        const bytes = read(path);
        const type = typeOf(path);
        const item = describeItem(bytes, type);
        if (!item.parsed || item.kind === 'sif') continue;
        const varied = vary(bytes, dialectOf(bytes));
        if (varied === undefined || varied.equals(bytes)) continue;
        applied += 1;
        const other = describeItem(varied, type);
        assert.equal(readable(other.canonical), readable(item.canonical), path);
      }
      assert.ok(applied > 100, `applied to ${applied} files only`);
    });
  }
});

/** The dialect of a file, when all of it says so. */
function dialectOf(bytes: Uint8Array): Dialect | undefined {
  const { roots, source } = parseDocument(bytes) ?? { roots: [], source: undefined };
  const dialects = new Set(
    roots.map((root) => {
      const line = root.lines.find((candidate) => candidate.name === 'VERSION');
      const version = line === undefined ? '' : (source?.text.slice(line.valueStart).trim().charAt(0) ?? '');
      if (version === '') return undefined;
      return version === '1' || (root.name === 'VCARD' && version === '2') ? 'legacy' : 'modern';
    }),
  );
  const [dialect] = dialects;
  return dialects.size === 1 ? dialect : undefined;
}

function readable(canonical: Uint8Array): string {
  return Buffer.from(canonical).toString('utf8').replaceAll('\x1d', '\n').replaceAll('\x1e', ' = ').replaceAll('\x1f', '|');
}
