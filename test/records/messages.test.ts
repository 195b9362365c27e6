import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { RecordError } from '../../src/records/error.js';
import { formatManifest, parseManifest } from '../../src/records/manifest.js';
import { chunkMark, chunkMarks, formatReceipt, parseChunkMarks, parseReceipt, type Receipt } from '../../src/records/receipt.js';
import { parseSchemaChange } from '../../src/records/schema.js';

const says = (text: string) => (error: unknown) => error instanceof RecordError && error.message.includes(text);
const DIGEST = 'ab'.repeat(32);
const LOGICAL = {
  way: 'logical',
  method: 'incremental',
  media: 'application/vnd.sqlite3',
  base: 41,
  modification: 42,
  digest: DIGEST,
  rows: { contacts: 300 },
};

describe('records: manifest', () => {
  it('reads the example, without what it does not know', () => {
    const text = JSON.stringify({
      ...LOGICAL,
      size: 28672,
      sha256: DIGEST.toUpperCase(),
      modified: '2026-01-05T08:00:00Z',
      note: 'n',
      other: 1,
    });
    const manifest = parseManifest(text);
    assert.deepEqual(manifest, { ...LOGICAL, size: 28672, sha256: DIGEST, modified: '2026-01-05T08:00:00Z', note: 'n' });
    assert.deepEqual(parseManifest(formatManifest(manifest)), manifest);
  });

  for (const [change, text] of [
    [{ way: 'other' }, '"way"'],
    [{ method: undefined }, '"method"'],
    [{ media: 'sqlite' }, '"media"'],
    [{ base: 0 }, '"base"'],
    [{ modification: 1.5 }, '"modification"'],
    [{ modification: 2 ** 53 }, '"modification"'],
    [{ digest: undefined }, 'needs "digest"'],
    [{ digest: 'ab' }, '"digest"'],
    [{ way: 'exact' }, 'needs "sha256" and "size"'],
    [{ rows: { a: -1 } }, '"rows" of a'],
  ] as const) {
    it(`refuses ${JSON.stringify(change)}`, () =>
      assert.throws(() => parseManifest(JSON.stringify({ ...LOGICAL, ...change })), says(text)));
  }
  it('refuses what is no JSON', () => assert.throws(() => parseManifest('<a/>'), says('not JSON')));
});

describe('records: receipt', () => {
  const chunks = [Buffer.from('one'), Buffer.from('two')];
  const receipt: Receipt = {
    job: 'j',
    generation: 7,
    modification: 42,
    way: 'logical',
    digest: DIGEST,
    size: 28672,
    need: 'pages',
    chunks: chunkMarks(Buffer.concat(chunks.map((chunk) => createHash('sha256').update(chunk).digest()))),
    reason: 'the digests differ',
    flags: ['many-deletions'],
  };
  it('reads back its own', () => assert.deepEqual(parseReceipt(formatReceipt(receipt)), receipt));
  it('marks chunks by the first 8 bytes of their SHA-256', () => {
    // sha256sum of "one" and of "two".
    assert.equal(Buffer.from(receipt.chunks ?? '', 'base64').toString('hex'), '7692c3ad3540bb80' + '3fc4ccfe745870e2');
    assert.deepEqual(parseChunkMarks(receipt.chunks ?? ''), chunks.map(chunkMark));
  });
  it('refuses marks of another length', () =>
    assert.throws(() => parseReceipt(formatReceipt({ ...receipt, chunks: 'AAAA' })), says('8 bytes a chunk')));
});

describe('records: schema changes', () => {
  it('reads the four', () => {
    assert.deepEqual(parseSchemaChange('{"op":"create","type":"view","name":"v","sql":"CREATE VIEW v AS SELECT 1","more":1}'), {
      op: 'create',
      type: 'view',
      name: 'v',
      table: 'v',
      sql: 'CREATE VIEW v AS SELECT 1',
    });
    assert.deepEqual(parseSchemaChange('{"op":"drop","type":"index","name":"i"}'), { op: 'drop', type: 'index', name: 'i' });
    assert.deepEqual(parseSchemaChange('{"op":"extend","name":"t","sql":"x"}'), { op: 'extend', name: 't', sql: 'x' });
    assert.deepEqual(parseSchemaChange('{"op":"set","userVersion":-1}'), { op: 'set', userVersion: -1 });
  });
  for (const text of [
    '[]',
    '{"op":"alter"}',
    '{"op":"create","type":"index","name":"i","sql":"x"}',
    '{"op":"drop","type":"column","name":"i"}',
    '{"op":"set","userVersion":4294967296}',
    '{"op":"extend","name":"","sql":"x"}',
    '{"op":"extend","name":"a\\u0000","sql":"x"}',
  ]) {
    it(`refuses ${text}`, () => assert.throws(() => parseSchemaChange(text), RecordError));
  }
});
