/** Files that are no databases: any block of data, whole or by its changed bytes. */
import assert from 'node:assert/strict';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { writeZip } from '../../src/records/zip.js';
import { writePages, xorBytes } from '../../src/records/ranges.js';
import { BackupBench, fileManifest, noise, sha256 } from './support/bench.js';

describe('backup: files of any kind', () => {
  let bench: BackupBench;
  beforeEach(async () => {
    bench = await BackupBench.open();
  });
  afterEach(() => bench.close());

  for (const [file, type, bytes] of [
    ['letter.txt', 'text/plain', Buffer.from('Dear all,\r\n\0')],
    ['photo.jpg', 'image/jpeg', noise(50_000)],
    ['app.bin', 'application/x-executable', noise(16_384)],
    ['paper.pdf', 'application/pdf', noise(16_385)],
    ['Notes für Zoë.odt', 'application/vnd.oasis.opendocument.text', noise(3 * 16_384)],
    ['empty', 'application/octet-stream', Buffer.alloc(0)],
  ] as const) {
    it(`R1, R5, R91: ${file} as ${type} comes back as it was`, async () => {
      const phone = bench.phone({ file });
      const done = await phone.backup([
        { name: '.', kind: 'Add', type, content: bytes },
        { name: 'manifest', content: fileManifest(bytes, 1, { media: type }) },
      ]);
      assert.deepEqual(done.codes, { '.': 201, manifest: 200 });
      assert.equal(done.receipt.need, 'none');
      assert.equal(done.receipt.sha256, sha256(bytes));
      const back = await phone.restore();
      assert.deepEqual(
        back.items.map(({ name, type: t }) => `${name} ${t}`),
        [`. ${type}`, 'manifest application/json'],
      );
      assert.ok(back.items[0]?.content.equals(bytes));
    });
  }

  for (const [coding, pack] of [
    ['gzip', (b: Buffer) => gzipSync(b)],
    ['br', (b: Buffer) => brotliCompressSync(b)],
    ['zip', (b: Buffer) => writeZip('x', b)],
  ] as const) {
    it(`R19, R50, R54: sent as ${coding}, in parts, it is kept as the file`, async () => {
      const bytes = Buffer.concat([noise(60_000), Buffer.alloc(70_000, 'a')]);
      const done = await bench.phone().backup([
        { name: '.', type: `image/png+${coding}`, content: pack(bytes) },
        { name: 'manifest', content: fileManifest(bytes, 1, { media: 'image/png' }) },
      ]);
      assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
      assert.ok((await bench.stored()).equals(bytes));
    });
  }

  it('in XML it goes as Base64 both ways', async () => {
    const bytes = noise(100_001);
    const phone = bench.phone({ encoding: 'xml' });
    const text = Buffer.from(bytes.toString('base64'));
    const done = await phone.backup([
      { name: '.', type: 'image/png', format: 'b64', content: text },
      { name: 'manifest', content: fileManifest(bytes, 1, { media: 'image/png' }) },
    ]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
    assert.ok((await bench.stored()).equals(bytes));
    const back = await phone.restore();
    assert.ok(back.items[0]?.content.equals(bytes));
  });

  it('R38, R95: a restore may be asked for compressed', async () => {
    const bytes = Buffer.concat([Buffer.alloc(1_500_000, 'moorage '), noise(1000)]);
    const phone = bench.phone();
    await phone.backup([
      { name: '.', type: 'text/plain', content: bytes },
      { name: 'manifest', content: fileManifest(bytes, 1, { media: 'text/plain' }) },
    ]);
    const back = await phone.restore('coding=gzip');
    const [file] = back.items;
    assert.equal(file?.type, 'text/plain+gzip');
    const { gunzipSync } = await import('node:zlib');
    assert.ok(file.content.length < 30_000);
    assert.ok(gunzipSync(file.content).equals(bytes));
  });

  it('R34, R57, R102: changed ranges alone are sent, and the copy is the same to the byte', async () => {
    const before = noise(300_000);
    const phone = bench.phone();
    await phone.backup([
      { name: '.', content: before, type: 'image/x-raw' },
      { name: 'manifest', content: fileManifest(before, 1, { media: 'image/x-raw' }) },
    ]);
    const after = Buffer.concat([before, Buffer.from('more')]);
    after.write('changed', 20_000);
    const xor = xorBytes(before.subarray(20_000, 20_010), after.subarray(20_000, 20_010));
    const pages = writePages({
      base: 1,
      to: 2,
      size: after.length,
      ranges: [
        { offset: 20_000, xor: true, bytes: xor },
        { offset: 300_000, xor: false, bytes: after.subarray(300_000) },
      ],
    });
    const done = await phone.backup([
      { name: 'pages/2', type: 'application/vnd.moorage.pages+gzip', content: gzipSync(pages) },
      { name: 'manifest', content: fileManifest(after, 2, { base: 1, media: 'image/x-raw', method: 'incremental' }) },
    ]);
    assert.deepEqual(done.codes, { 'pages/2': 200, manifest: 200 }, done.receipt.reason);
    assert.ok((await bench.stored()).equals(after));
    assert.ok(done.sent < 3000, `${done.sent} bytes`);
    assert.ok((await bench.stored('phone.db', 1)).equals(before), 'the backup before is there still');
  });

  it('R67: ranges made from another base are refused, with the number that is here', async () => {
    const bytes = noise(20_000);
    const phone = bench.phone();
    const pages = (base: number) =>
      writePages({ base, to: 9, size: bytes.length, ranges: [{ offset: 0, xor: false, bytes: Buffer.from('x') }] });
    const none = await phone.backup([{ name: 'pages/9', type: 'application/vnd.moorage.pages', content: pages(3) }]);
    assert.deepEqual(none.statuses, { 'pages/9': { code: 409 } });
    await phone.backup([
      { name: '.', content: bytes },
      { name: 'manifest', content: fileManifest(bytes, 7) },
    ]);
    const wrong = await phone.backup([{ name: 'pages/9', type: 'application/vnd.moorage.pages', content: pages(3) }]);
    assert.deepEqual(wrong.statuses, { 'pages/9': { code: 409, detail: '7' } });
    assert.ok((await bench.stored()).equals(bytes));
  });
});
