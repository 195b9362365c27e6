/**
 * Items that mean harm, over HTTP to a server process: each is answered with a Status that says what is wrong, in bounded time and memory, and the good copy
 * beside them stays. MOORAGE_DELETES: rows of the delete storm.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants, crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { httpTransport } from '../model-client/transport.js';
import { Server } from '../support/server.js';
import { BackupPhone, type BackedUp, type Sending } from './support/backup-phone.js';
import { noise, sha256 } from './support/bench.js';
import { batch, batchXml, manifest, wholeFile } from './support/changes.js';
import { hasSqlite3, PhoneDatabase } from './support/phone-database.js';
import { dice } from './support/random-edits.js';

const SEED = Number(process.env['MOORAGE_SEED'] ?? Date.now() % 1_000_000);
const DELETES = Number(process.env['MOORAGE_DELETES'] ?? 100_000);
const DAMAGED = 40;
const MB = 1_000_000;
const MAX_FILE_BYTES = 40 * MB;
/** Of everything here together. The server, its worker, and what one item may be in memory. */
const MAX_MEMORY_MB = 700;
const PASSWORD = 'secret words';
const CHANGES = 'application/vnd.moorage.changes+xml';
const GOOD = `CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, photo BLOB);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT INTO contacts SELECT i, 'Contact ' || i, randomblob(300) FROM n;`;

describe(`backup: items that mean harm, seed ${SEED}`, function () {
  this.timeout(300_000);
  let server: Server;
  let good: PhoneDatabase;
  let count = 0;
  const link = httpTransport();
  before(async function () {
    if (!hasSqlite3) return this.skip();
    server = new Server({ env: { MOORAGE_LIMITS_MAX_FILE_BYTES: String(MAX_FILE_BYTES) } });
    for (const user of ['anna', 'berta']) await server.addUser(user, PASSWORD);
    await server.start();
    good = new PhoneDatabase(GOOD);
    const done = await phone('good.db').backup([wholeFile(good.bytes()), manifest(good.digest(), 1)]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 });
  });
  after(async () => {
    link.close();
    if (!hasSqlite3) return;
    good.remove();
    await server.remove();
  });
  afterEach(async () => {
    const back = await phone('good.db').restore();
    assert.equal(sha256(back.items[0]?.content ?? Buffer.alloc(0)), sha256(good.bytes()), 'the good copy');
    const peak = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${server.pid ?? 0}/status`, 'utf8'))?.[1]) / 1000;
    assert.ok(peak < MAX_MEMORY_MB, `the server needed ${peak} MB`);
  });

  const phone = (file: string, userName = 'anna', device = 'IMEI:1'): BackupPhone =>
    new BackupPhone(link, { file, url: server.url, userName, password: PASSWORD, device, room: 100_000, maxMsgSize: 150_000 });
  /** To a file of its own. */
  const send = (...items: readonly Sending[]): Promise<BackedUp> => phone(`bad${(count += 1)}.db`).backup(items);

  for (const [coding, packed] of [
    ['gzip', (bytes: Buffer): Buffer => gzipSync(bytes)],
    ['br', (bytes: Buffer): Buffer => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ['zip', zipped],
  ] as const) {
    it(`a ${coding} bomb is stopped at the limit`, async () => {
      const bomb = packed(Buffer.alloc(200 * MB));
      const done = await send(
        { name: '.', type: `application/octet-stream+${coding}`, content: bomb },
        { name: 'changes/2', type: `${CHANGES}+${coding}`, content: bomb },
        ...(coding === 'zip' ? [] : [{ name: 'pages/2', type: `application/vnd.moorage.pages+${coding}`, content: bomb }]),
      );
      for (const [name, code] of Object.entries(done.codes)) assert.equal(code, 413, name);
    });
  }

  it(`${DAMAGED} databases that were cut, changed, or promise more than there is: an answer each, and records and restores after it`, async () => {
    const next = dice(SEED);
    for (let n = 0; n < DAMAGED; n += 1) {
      const bytes = damaged(good.bytes(), n, next);
      const done = await send(
        wholeFile(bytes),
        { name: 'contacts/5', content: { name: 'changed' } },
        { name: 'contacts/6', kind: 'Delete' },
        manifest('00'.repeat(32), 1),
      );
      const why = `${n}: ${JSON.stringify(done)}`;
      assert.ok([200, 412].includes(done.codes['.'] ?? 0), why);
      for (const name of ['contacts/5', 'contacts/6']) assert.ok([200, 404, 412, 500, 501, 510].includes(done.codes[name] ?? 0), why);
      assert.ok([200, 202, 412, 500, 510].includes(done.codes['manifest'] ?? 0), why);
    }
  });

  it('pages that lie about their lengths, their order and their base', async () => {
    const file = 'pages.bin';
    const bytes = noise(50_000);
    const whole = {
      way: 'file',
      method: 'copy',
      media: 'application/octet-stream',
      modification: 1,
      size: bytes.length,
      sha256: sha256(bytes),
    };
    const device = phone(file);
    await device.backup([
      { name: '.', type: 'application/octet-stream', content: bytes },
      { name: 'manifest', content: whole },
    ]);
    for (const [what, content, codes] of [
      ['a length of 2^63', pages(1, 2, 2n ** 63n, []), [412, 413]],
      ['a length beyond the limit', pages(1, 2, BigInt(MAX_FILE_BYTES + 1), []), [413]],
      ['an offset of 2^62', pages(1, 2, 50_000n, [[2n ** 62n, 1]]), [412, 413]],
      [
        'ranges that overlap',
        pages(1, 2, 50_000n, [
          [100n, 50],
          [120n, 50],
        ]),
        [412],
      ],
      [
        'ranges in the wrong order',
        pages(1, 2, 50_000n, [
          [900n, 50],
          [100n, 50],
        ]),
        [412],
      ],
      ['a range of nothing', pages(1, 2, 50_000n, [[900n, 0]]), [412]],
      ['a range that is cut', pages(1, 2, 50_000n, [[900n, 50]]).subarray(0, 60), [412]],
      ['another base', pages(7, 8, 50_000n, [[900n, 50]]), [409]],
    ] as const) {
      const done = await device.backup([
        { name: `pages/${what === 'another base' ? 8 : 2}`, type: 'application/vnd.moorage.pages', content },
      ]);
      const [code = 0] = Object.values(done.codes);
      assert.ok((codes as readonly number[]).includes(code), `${what}: ${code}`);
    }
    const back = await device.restore();
    assert.ok(back.items[0]?.content.equals(bytes));
  });

  it('manifests that lie make no generation', async () => {
    const file = 'lies.db';
    const device = new PhoneDatabase(GOOD);
    const one = phone(file);
    await one.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    for (const lie of [
      manifest('11'.repeat(32), 2),
      manifest(device.digest(), 2, { base: 9 }),
      manifest(device.digest(), 2, { way: 'exact', sha256: '22'.repeat(32), size: 5 }),
      manifest(device.digest(), 2, { modification: -1 }),
      manifest(device.digest(), 2, { modification: 1e300 }),
      manifest(device.digest(), 2, { digest: 'x'.repeat(90_000) }),
      { name: 'manifest', content: '['.repeat(50_000) },
    ]) {
      const done = await one.backup([{ name: 'contacts/7', content: { name: 'not yet' } }, lie]);
      assert.ok([202, 409, 412].includes(done.codes['manifest'] ?? 0), JSON.stringify(done));
    }
    const shown = JSON.parse(await server.command('backup', 'show', file, '--user', 'anna', '--json')) as { generations: unknown[] };
    assert.equal(shown.generations.length, 1);
    assert.ok((await one.restore()).items[0]?.content.equals(device.bytes()));
    device.remove();
  });

  it('triggers without an end never begin; tables that are not there, or are SQLite’s own, are not found', async () => {
    const device = new PhoneDatabase(`${GOOD} PRAGMA recursive_triggers = ON; CREATE TABLE a (id INTEGER PRIMARY KEY, n INT);
      CREATE TRIGGER forever AFTER INSERT ON a BEGIN INSERT INTO a (n) SELECT count(*) FROM a, a AS b, a AS c; END;
      CREATE VIEW v AS SELECT * FROM contacts;`);
    const one = phone('triggers.db');
    await one.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    const began = performance.now();
    const done = await one.backup([
      { name: 'a/1', kind: 'Add', content: { n: 1 } },
      { name: 'nobody/1', content: { n: 1 } },
      { name: 'v/1', content: { name: 'x' } },
      { name: 'sqlite_schema/1', content: { sql: 'DROP TABLE contacts' } },
      { name: 'sqlite_schema/1', kind: 'Delete' },
      { name: '..%2f..%2fetc/1', kind: 'Delete' },
      {
        name: 'schema/1',
        kind: 'Add',
        content: { op: 'create', type: 'table', name: 'x', table: 'x', sql: "CREATE TABLE x AS SELECT readfile('/etc/passwd')" },
      },
      {
        name: 'schema/2',
        kind: 'Add',
        content: { op: 'create', type: 'table', name: 'y', table: 'y', sql: 'CREATE TABLE y (a); DROP TABLE contacts' },
      },
    ]);
    assert.ok(performance.now() - began < 60_000);
    assert.equal(done.codes['a/1'], 201, JSON.stringify(done));
    for (const name of ['nobody/1', 'v/1', 'sqlite_schema/1', '..%2f..%2fetc/1'])
      assert.equal(done.codes[name], 404, `${name} ${JSON.stringify(done)}`);
    for (const name of ['schema/1', 'schema/2'])
      assert.ok([412, 500, 501].includes(done.codes[name] ?? 0), `${name} ${JSON.stringify(done)}`);
    device.remove();
  });

  it(`a storm of ${DELETES} deletes is carried out, flagged, and what was there before comes back`, async () => {
    const device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${DELETES}) INSERT INTO t SELECT i, 'v' || i FROM n;`);
    const before = device.bytes();
    const one = phone('storm.db');
    const first = await one.backup([wholeFile(before), manifest(device.digest(), 1)]);
    assert.equal(first.codes['manifest'], 200, JSON.stringify(first));
    device.exec('DELETE FROM t');
    const deletes = Array.from({ length: DELETES }, (_, i) => ({ id: i + 1 }));
    const done = await one.backup([batch({ base: 1, to: 2, tables: { t: { deletes } } }), manifest(device.digest(), 2)]);
    assert.deepEqual(done.codes, { 'changes/2': 200, manifest: 200 }, JSON.stringify(done.receipt));
    assert.deepEqual(done.receipt.flags, ['many-deletions']);
    const back = await one.restore('gen=1');
    assert.ok(back.items[0]?.content.equals(before));
    device.remove();
  });

  it('XML that refers to itself, or nests without end', async () => {
    const bomb = `<!DOCTYPE c [<!ENTITY a "${'x'.repeat(1000)}"><!ENTITY b "${'&a;'.repeat(1000)}">]>${batchXml({ base: 1, to: 2 }).replace('></Changes>', '>&b;&b;</Changes>')}`;
    for (const content of [
      bomb,
      '<Changes>'.repeat(200_000),
      `<Changes xmlns="urn:moorage:changes:1" To="2">${'<Table Name="t">'.repeat(100_000)}`,
    ]) {
      const done = await send({ name: 'changes/2', type: `${CHANGES}+gzip`, content: gzipSync(content) });
      assert.equal(done.codes['changes/2'], 412);
    }
  });

  it('R49, R71: the copy of another account is nobody’s to restore, or to change', async () => {
    const berta = phone('good.db', 'berta', 'IMEI:9');
    for (const query of ['from=IMEI%3A1', 'from=IMEI:1&gen=1', '', 'gen=1', 'from=%2e%2e', `from=${'x'.repeat(5000)}`]) {
      const { opened, items } = await berta.restore(query);
      assert.ok([404, 414, 422].includes(opened), `${query.slice(0, 20)} ${opened}`);
      assert.equal(items.length, 0);
    }
    // The same device URI under another account is another device.
    const twin = await phone('good.db', 'berta', 'IMEI:1').restore();
    assert.equal(twin.opened, 404);
    const changed = await berta.backup([batch({ base: 1, to: 2, tables: { contacts: { deletes: [{ id: 1 }] } } })]);
    assert.equal(changed.codes['changes/2'], 409);
    const guessing = new BackupPhone(link, { file: 'good.db', url: server.url, userName: 'anna', password: 'guessed' });
    const { opened, items } = await guessing.restore();
    assert.ok(opened >= 400, String(opened));
    assert.equal(items.length, 0);
  });

  it('after all of it the store is in order', async () => {
    assert.match(await server.command('doctor'), /The store is in order\./);
  });
});

/** Cut, with one byte or many changed, or with a header that promises too much. */
function damaged(bytes: Buffer, n: number, next: () => number): Buffer {
  const below = (limit: number): number => Math.floor(next() * limit);
  const out = Buffer.from(bytes);
  switch (n % 5) {
    case 0:
      return out.subarray(0, 1 + below(out.length));
    case 1:
      out[below(out.length)] = below(256);
      return out;
    case 2:
      for (let i = 0; i < 300; i += 1) out[4096 + below(out.length - 4096)] = below(256);
      return out;
    case 3:
      out.writeUInt32BE(0xffff_fff0, 28);
      return out;
    default:
      for (let i = 0; i < 4; i += 1) out[16 + below(4080)] = below(256);
      return out;
  }
}

function pages(base: number, to: number, size: bigint, ranges: readonly (readonly [bigint, number])[]): Buffer {
  const head = Buffer.alloc(28);
  head.write('MPG1');
  head.writeBigUInt64BE(BigInt(base), 4);
  head.writeBigUInt64BE(BigInt(to), 12);
  head.writeBigUInt64BE(size, 20);
  const parts = ranges.map(([offset, length]) => {
    const range = Buffer.alloc(13 + length);
    range.writeBigUInt64BE(offset, 0);
    range.writeUInt32BE(length, 8);
    return range;
  });
  return Buffer.concat([head, ...parts]);
}

/** A ZIP of one deflated file. [APPNOTE.TXT, "Local file header", "Central directory structure"] */
function zipped(bytes: Buffer): Buffer {
  const body = deflateRawSync(bytes);
  const facts = Buffer.alloc(26);
  facts.writeUInt16LE(20, 0);
  facts.writeUInt16LE(8, 4);
  facts.writeUInt32LE(crc32(bytes), 10);
  facts.writeUInt32LE(body.length, 14);
  facts.writeUInt32LE(bytes.length, 18);
  facts.writeUInt16LE(1, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), facts, Buffer.from('x')]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, Buffer.alloc(14), Buffer.from('x')]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length + body.length, 16);
  return Buffer.concat([local, body, central, end]);
}
