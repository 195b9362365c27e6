/** A device's database: the copy here is changed by records and stays equal by digest. */
import assert from 'node:assert/strict';
import { createDatabasePool } from '../../src/devicedb/pool.js';
import type { DatabaseJobs } from '../../src/devicedb/jobs.js';
import type { BackupPhone, Sending } from './support/backup-phone.js';
import { BackupBench, fileManifest, sha256 } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

/** Contacts, calendar and notes of several applications in one file. */
const SCHEMA = `
CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, phone TEXT UNIQUE, seen INTEGER DEFAULT 0);
CREATE TABLE events (uid TEXT PRIMARY KEY, title, at INTEGER, photo BLOB) WITHOUT ROWID;
CREATE TABLE notes (text, weight REAL);
CREATE INDEX events_at ON events (at);
CREATE TRIGGER seen AFTER INSERT ON notes BEGIN UPDATE contacts SET seen = seen + 1 WHERE id = 1; END;
PRAGMA user_version = 7;`;
const FILL = `
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO contacts (id, name, phone) SELECT i, 'Contact ' || i, '+49 ' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO events SELECT 'uid-' || i, 'Event ' || i, 1700000000 + i, x'00ff' FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
INSERT INTO notes SELECT 'Note ' || i, i + 0.5 FROM n;`;

describe('backup: databases', function () {
  this.timeout(30_000);
  let pool: DatabaseJobs;
  let bench: BackupBench;
  let phone: BackupPhone;
  let device: PhoneDatabase;
  before(() => {
    pool = createDatabasePool({ workers: 1 });
  });
  after(() => pool.close());
  beforeEach(async () => {
    bench = await BackupBench.open({}, pool);
    phone = bench.phone();
    device = new PhoneDatabase(SCHEMA + FILL);
  });
  afterEach(async () => {
    device.remove();
    await bench.close();
  });

  const firstBackup = async (): Promise<void> => {
    const done = await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    assert.deepEqual(done.codes, { '.': 200, manifest: 200 }, done.receipt.reason);
    assert.equal(done.receipt.way, 'logical');
    assert.equal(done.receipt.digest, device.digest());
  };
  const sameRows = async (): Promise<void> => {
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(device.bytes(), '.dump'));
    assert.equal(sqlite3(await bench.stored(), 'PRAGMA integrity_check'), 'ok\n');
  };

  it('R2, R18, R52, R59: the first backup is the file, with the data of several applications', async () => {
    await firstBackup();
    assert.ok((await bench.stored()).equals(device.bytes()));
    const [generation] = await bench.generations();
    assert.deepEqual([generation?.by, generation?.way, generation?.modification], ['full', 'logical', 1]);
  });

  const DAY = `
    INSERT INTO contacts (id, name, phone) VALUES (101, 'Ann <&> Ö', '+1'), (102, 'Bo', NULL), (103, 'Cy', '+3');
    INSERT INTO events VALUES ('uid-new', 'New', 5, NULL), ('uid-new-2', NULL, 9223372036854775807, x'');
    DELETE FROM contacts WHERE id IN (3, 4);
    DELETE FROM events WHERE uid = 'uid-9';
    UPDATE contacts SET name = 'Renamed' WHERE id IN (10, 11, 12);
    UPDATE events SET title = 'Moved', at = 6 WHERE uid = 'uid-10';
    UPDATE notes SET weight = 1e300 WHERE rowid = 7;`;
  const contact = (id: number, name: string, phone: string | null): object => ({ id, name, phone, seen: id === 1 ? 100 : 0 });
  const DAY_BATCH = {
    base: 1,
    to: 2,
    tables: {
      contacts: {
        deletes: [{ id: 3 }, { id: 4 }],
        replaces: [10, 11, 12].map((id) => contact(id, 'Renamed', `+49 ${id}`)),
        adds: [contact(101, 'Ann <&> Ö', '+1'), contact(102, 'Bo', null), contact(103, 'Cy', '+3')],
      },
      events: {
        deletes: [{ uid: 'uid-9' }],
        replaces: [{ uid: 'uid-10', title: 'Moved', at: 6, photo: { b: 'AP8=' } }],
        adds: [
          { uid: 'uid-new', title: 'New', at: 5, photo: null },
          { uid: 'uid-new-2', title: null, at: { i: '9223372036854775807' }, photo: { b: '' } },
        ],
      },
      notes: { replaces: [{ rowid: 7, text: 'Note 7', weight: { r: '1e+300' } }] },
    },
  };

  it('R101, R8, R36, R53, R54, R55, R58, R61, R66, R68: 300 items, the next day 5 added, 3 deleted, 5 changed: the copy is the same', async () => {
    await firstBackup();
    device.exec(DAY);
    const done = await phone.backup([batch(DAY_BATCH), manifest(device.digest(), 2)]);
    assert.deepEqual(done.codes, { 'changes/2': 200, manifest: 200 }, done.receipt.reason);
    assert.deepEqual([done.receipt.need, done.receipt.modification, done.receipt.digest], ['none', 2, device.digest()]);
    assert.ok(typeof done.receipt.job === 'string' && done.receipt.generation === 2);
    await sameRows();
    assert.ok(done.sent < 5000, `${done.sent} bytes for 13 operations`);
    const [, second] = await bench.generations();
    assert.deepEqual([second?.by, second?.base], ['changes', 1]);
  });

  it('R63: the same by single records, with Add, Replace and Delete', async () => {
    await firstBackup();
    device.exec(DAY);
    const { contacts, events, notes } = DAY_BATCH.tables;
    const items: Sending[] = [
      ...contacts.deletes.map(({ id }): Sending => ({ name: `contacts/${id}`, kind: 'Delete' })),
      ...contacts.replaces.map((content): Sending => ({
        name: `contacts/${(content as { id: number }).id}`,
        content: { name: 'Renamed' },
      })),
      ...contacts.adds.map((content): Sending => ({ name: `contacts/${(content as { id: number }).id}`, kind: 'Add', content })),
      { name: `events/'uid-9`, kind: 'Delete' },
      { name: `events/'uid-10`, content: events.replaces[0] as object },
      ...events.adds.map((content): Sending => ({ name: `events/'${content.uid}`, kind: 'Add', content })),
      { name: 'notes/7', content: notes.replaces[0] as object },
    ];
    const done = await phone.backup([...items, manifest(device.digest(), 2)]);
    const codes = Object.values(done.codes);
    assert.deepEqual(codes.filter((code) => code === 201).length, 5);
    assert.deepEqual(done.codes['manifest'], 200, done.receipt.reason);
    await sameRows();
  });

  it('one refused record does not end the session; its Status says why', async () => {
    await firstBackup();
    device.exec(`UPDATE contacts SET name = 'Last' WHERE id = 50`);
    const done = await phone.backup([
      { name: 'nowhere/1', content: { id: 1 } },
      { name: 'contacts/999', content: { name: 'x' } },
      { name: 'contacts/998', kind: 'Delete' },
      { name: 'contacts/5', kind: 'Add', content: contact(5, 'twice', '+5') },
      { name: 'contacts/200', kind: 'Add', content: { id: 200, name: null } },
      { name: 'contacts/6', content: { nick: 'x' } },
      { name: 'contacts/7', content: '{' },
      { name: 'contacts/8', content: '<x/>', type: 'text/html' },
      { name: 'contacts/50', content: { name: 'Last' } },
      manifest(device.digest(), 2),
    ]);
    assert.deepEqual(done.codes, {
      'nowhere/1': 404,
      'contacts/999': 404,
      'contacts/998': 404,
      'contacts/5': 418,
      'contacts/200': 500,
      'contacts/6': 412,
      'contacts/7': 412,
      'contacts/8': 415,
      'contacts/50': 200,
      manifest: 200,
    });
    assert.match(done.statuses['contacts/200']?.detail ?? '', /NOT NULL constraint failed: contacts\.name/);
    await sameRows();
  });

  it('R62, R31: schema before data: a column is added, then used', async () => {
    await firstBackup();
    device.exec(
      `ALTER TABLE contacts ADD COLUMN nick TEXT; UPDATE contacts SET nick = 'N' WHERE id = 1; CREATE TABLE apps (id INTEGER PRIMARY KEY, v); INSERT INTO apps VALUES (1, 'x');`,
    );
    const sqlOf = (name: string): string => String(device.all(`SELECT sql FROM sqlite_schema WHERE name = '${name}'`)[0]?.['sql']);
    const done = await phone.backup([
      { name: 'schema/1', kind: 'Add', content: { op: 'extend', name: 'contacts', sql: sqlOf('contacts') } },
      { name: 'schema/2', kind: 'Add', content: { op: 'create', type: 'table', name: 'apps', table: 'apps', sql: sqlOf('apps') } },
      { name: 'contacts/1', content: { nick: 'N' } },
      { name: 'apps/1', kind: 'Add', content: { id: 1, v: 'x' } },
      manifest(device.digest(), 2),
    ]);
    assert.deepEqual(
      Object.values(done.codes),
      [200, 200, 200, 201, 200].map((code, i) => (i < 2 ? done.codes[`schema/${i + 1}`] : code)),
    );
    assert.ok((done.codes['schema/1'] ?? 0) < 300 && (done.codes['schema/2'] ?? 0) < 300);
    await sameRows();
  });

  it('R60: changes without a full copy begin a database of their own', async () => {
    const small = new PhoneDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 2), (3, NULL);');
    const done = await phone.backup([
      batch({
        to: 1,
        schema: [{ op: 'create', type: 'table', name: 't', table: 't', sql: 'CREATE TABLE t (id INTEGER PRIMARY KEY, v)' }],
        tables: {
          t: {
            adds: [
              { id: 1, v: 2 },
              { id: 3, v: null },
            ],
          },
        },
      }),
      manifest(small.digest(), 1),
    ]);
    assert.deepEqual(done.codes, { 'changes/1': 200, manifest: 200 }, done.receipt.reason);
    assert.equal(sqlite3(await bench.stored(), '.dump'), sqlite3(small.bytes(), '.dump'));
    small.remove();
  });

  it('R60, R67: changes made from another number are refused with the one that is here, or with nothing', async () => {
    const none = await phone.backup([batch({ base: 41, to: 42 }), manifest(device.digest(), 42)]);
    assert.deepEqual(none.statuses, { 'changes/42': { code: 409 }, manifest: { code: 409 } });
    await firstBackup();
    const wrong = await phone.backup([batch({ base: 41, to: 42 }), manifest(device.digest(), 42)]);
    assert.deepEqual(wrong.statuses, { 'changes/42': { code: 409, detail: '1' }, manifest: { code: 409, detail: '1' } });
    assert.equal((await bench.generations()).length, 1);
  });

  it('a digest that differs: the receipt asks for pages, and with them the copy is right and goes on by records', async () => {
    await firstBackup();
    device.exec(`UPDATE contacts SET name = 'not told of' WHERE id = 1; DELETE FROM notes WHERE rowid = 50;`);
    const done = await phone.backup([batch({ base: 1, to: 2 }), manifest(device.digest(), 2)]);
    assert.deepEqual(done.codes, { 'changes/2': 200, manifest: 202 });
    assert.equal(done.receipt.need, 'pages');
    assert.equal((await bench.generations()).length, 1, 'there is no generation yet');
    const bytes = device.bytes();
    const mended = await phone.backup([
      pagesFor(bytes, done.receipt.chunks ?? '', 2),
      { name: 'manifest', content: exactManifest(bytes, 2) },
    ]);
    assert.deepEqual(mended.codes, { 'pages/2': 200, manifest: 200 }, mended.receipt.reason);
    assert.equal(mended.receipt.way, 'logical');
    assert.ok((await bench.stored()).equals(bytes));
    device.exec(`UPDATE contacts SET name = 'again' WHERE id = 1`);
    const next = await phone.backup([{ name: 'contacts/1', content: { name: 'again' } }, manifest(device.digest(), 3)]);
    assert.deepEqual(next.codes, { 'contacts/1': 200, manifest: 200 }, next.receipt.reason);
    await sameRows();
  });

  it('pages that do not help: the receipt asks for the whole file', async () => {
    await firstBackup();
    device.exec(`UPDATE contacts SET name = 'not told of' WHERE id = 1`);
    await phone.backup([manifest(device.digest(), 2)]);
    const bytes = device.bytes();
    const wrong = await phone.backup([{ name: 'manifest', content: exactManifest(bytes, 2) }]);
    assert.deepEqual([wrong.codes['manifest'], wrong.receipt.need], [202, 'full']);
    const full = await phone.backup([wholeFile(bytes), { name: 'manifest', content: exactManifest(bytes, 2) }]);
    assert.deepEqual(full.codes, { '.': 200, manifest: 200 });
    assert.ok((await bench.stored()).equals(bytes));
  });

  it('the draft of an incomplete backup waits 24 hours, not longer', async () => {
    await firstBackup();
    device.exec(`UPDATE contacts SET name = 'x' WHERE id = 1`);
    const first = await phone.backup([{ name: 'contacts/1', content: { name: 'x' } }]);
    assert.deepEqual(first.receipt, {});
    bench.bench.now += 23 * 3_600_000;
    const second = await phone.backup([manifest(device.digest(), 2)]);
    assert.deepEqual(second.codes, { manifest: 200 });
    device.exec(`UPDATE contacts SET name = 'y' WHERE id = 1`);
    await phone.backup([{ name: 'contacts/1', content: { name: 'y' } }]);
    bench.bench.now += 25 * 3_600_000;
    const late = await phone.backup([manifest(device.digest(), 3)]);
    assert.deepEqual([late.codes['manifest'], late.receipt.need], [202, 'pages']);
  });

  it('R42, R43: a receipt that was lost is given again, and nothing is applied twice', async () => {
    await firstBackup();
    device.exec(DAY);
    await phone.backup([batch(DAY_BATCH), manifest(device.digest(), 2)]);
    const again = await phone.backup([batch(DAY_BATCH), manifest(device.digest(), 2)]);
    assert.deepEqual(again.statuses['changes/2'], { code: 409, detail: '2' });
    assert.equal(again.codes['manifest'], 200);
    assert.deepEqual([again.receipt.generation, again.receipt.need], [2, 'none']);
    assert.equal((await bench.generations()).length, 2);
  });

  it('R57: way exact: equal to the byte by changed pages, proven by its hash or by the digest of its chunks', async () => {
    const before = device.bytes();
    const first = await phone.backup([wholeFile(before), { name: 'manifest', content: exactManifest(before, 1) }]);
    assert.deepEqual([first.codes['manifest'], first.receipt.way], [200, 'exact']);
    device.exec(DAY);
    const bytes = device.bytes();
    const changed = await phone.backup([
      pagesBetween(before, bytes, 1, 2),
      { name: 'manifest', content: { ...exactManifest(bytes, 2), base: 1, chunkDigest: chunkDigest(bytes) } },
    ]);
    assert.deepEqual(changed.codes, { 'pages/2': 200, manifest: 200 }, changed.receipt.reason);
    assert.ok((await bench.stored()).equals(bytes));
    const records = await phone.backup([{ name: 'contacts/1', content: { name: 'x' } }, batch({ base: 2, to: 3 })]);
    assert.deepEqual(records.codes, { 'contacts/1': 501, 'changes/3': 501 });
    const lie = await phone.backup([
      { name: 'manifest', content: { ...exactManifest(bytes, 3), base: 2, chunkDigest: chunkDigest(before) } },
    ]);
    assert.equal(lie.codes['manifest'], 202);
  });

  for (const [what, sql] of [
    ['FTS5', 'CREATE VIRTUAL TABLE words USING fts5(a); INSERT INTO words VALUES (1);'],
    ['R-tree', 'CREATE VIRTUAL TABLE places USING rtree(id, a, b); INSERT INTO places VALUES (1, 2, 3);'],
  ] as const) {
    it(`a database with ${what} is kept exact, and the receipt says why`, async () => {
      device.exec(sql);
      const bytes = device.bytes();
      const done = await phone.backup([wholeFile(bytes), manifest('00'.repeat(32), 1)]);
      assert.deepEqual([done.codes['manifest'], done.receipt.way, done.receipt.need], [200, 'exact', 'none']);
      assert.ok((done.receipt.exactOnly ?? '').length > 5);
      assert.equal(done.receipt.sha256, sha256(bytes));
      assert.ok((await bench.stored()).equals(bytes));
    });
  }

  it('what calls itself a database and is none is kept as a file', async () => {
    const bytes = Buffer.from('SQLite format 3\0 but no more');
    const done = await phone.backup([wholeFile(bytes), manifest('00'.repeat(32), 1)]);
    assert.deepEqual([done.codes['manifest'], done.receipt.way], [200, 'file']);
    assert.ok((await bench.stored()).equals(bytes));
  });

  it('a backup that removes most rows is kept, and flagged', async () => {
    await firstBackup();
    device.exec('DELETE FROM contacts; DELETE FROM notes;');
    const ids = Array.from({ length: 100 }, (_, i) => i + 1);
    const done = await phone.backup([
      batch({
        base: 1,
        to: 2,
        tables: { contacts: { deletes: ids.map((id) => ({ id })) }, notes: { deletes: ids.map((rowid) => ({ rowid })) } },
      }),
      manifest(device.digest(), 2),
    ]);
    assert.equal(done.codes['manifest'], 200, done.receipt.reason);
    assert.deepEqual(done.receipt.flags, ['many-deletions']);
    await sameRows();
  });

  it('R56: of an update nothing is kept but what it changed', async () => {
    await firstBackup();
    device.exec(DAY);
    await phone.backup([batch(DAY_BATCH), manifest(device.digest(), 2)]);
    const [copy] = await bench.copies();
    assert.ok(copy);
    const left = await bench.bench.read(async (own) => ({
      updates: await own.copies.updates(copy.id),
      draft: await own.copies.draft(copy.id),
    }));
    assert.deepEqual(left, { updates: [], draft: undefined });
  });
});

const exactManifest = (bytes: Uint8Array, modification: number): object =>
  fileManifest(bytes, modification, { way: 'exact', media: 'application/vnd.sqlite3', method: 'incremental' });

function chunks(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, i) => bytes.subarray(i * 16_384, (i + 1) * 16_384));
}

const chunkDigest = (bytes: Buffer): string => sha256(Buffer.concat(chunks(bytes).map((chunk) => Buffer.from(sha256(chunk), 'hex'))));

function pagesItem(base: number, to: number, size: number, ranges: readonly (readonly [number, Buffer])[]): Sending {
  const head = Buffer.alloc(28);
  head.write('MPG1');
  head.writeBigUInt64BE(BigInt(base), 4);
  head.writeBigUInt64BE(BigInt(to), 12);
  head.writeBigUInt64BE(BigInt(size), 20);
  const parts = ranges.map(([offset, bytes]) => {
    const range = Buffer.alloc(13);
    range.writeBigUInt64BE(BigInt(offset), 0);
    range.writeUInt32BE(bytes.length, 8);
    return Buffer.concat([range, bytes]);
  });
  return { name: `pages/${to}`, type: 'application/vnd.moorage.pages', content: Buffer.concat([head, ...parts]) };
}

/** What a receipt asks for: the chunks whose marks differ. */
function pagesFor(bytes: Buffer, marks: string, modification: number): Sending {
  const held = Buffer.from(marks, 'base64');
  const ranges = chunks(bytes).flatMap((chunk, i) => {
    const same = Buffer.from(sha256(chunk), 'hex')
      .subarray(0, 8)
      .equals(held.subarray(i * 8, i * 8 + 8));
    return same ? [] : [[i * 16_384, chunk] as const];
  });
  assert.ok(ranges.length < chunks(bytes).length || chunks(bytes).length < 4);
  return pagesItem(modification, modification, bytes.length, ranges);
}

function pagesBetween(before: Buffer, after: Buffer, base: number, to: number): Sending {
  const ranges = chunks(after).flatMap((chunk, i) =>
    chunk.equals(chunks(before)[i] ?? Buffer.alloc(0)) ? [] : [[i * 16_384, chunk] as const],
  );
  return pagesItem(base, to, after.length, ranges);
}
