/** `moorage backup …` as an operator types it, beside a running server. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackupPhone } from '../backup/support/backup-phone.js';
import { batch, manifest, wholeFile } from '../backup/support/changes.js';
import { PhoneDatabase, sqlite3 } from '../backup/support/phone-database.js';
import { httpTransport, type Transport } from '../model-client/transport.js';
import { Server } from '../support/server.js';

describe('moorage backup', function () {
  this.timeout(120_000);
  let server: Server;
  let folder: string;
  let device: PhoneDatabase;
  const link = httpTransport();
  const OF = ['phone.db', '--user', 'anna'];
  const backup = (...args: string[]): Promise<string> => server.command('backup', ...args);
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-backup-cli-'));
    server = new Server();
    await server.addUser('anna', 'secret words');
    await server.start();
    const here: Transport = (url, type, body) => link(`${server.url}${new URL(url).search}`, type, body);
    device = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');`);
    const phone = new BackupPhone(here);
    await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
    device.exec(`INSERT INTO t VALUES (2, 'b')`);
    await phone.backup([batch({ base: 1, to: 2, tables: { t: { adds: [{ id: 2, v: 'b' }] } } }), manifest(device.digest(), 2)]);
  });
  after(async () => {
    link.close();
    device.remove();
    await server.kill();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('list and show', async () => {
    assert.match(await backup('list'), /USER +DEVICE +FILE.*\nanna +IMEI:1 +phone\.db +logical +incremental +2 /);
    const shown = await backup('show', ...OF, '--plan');
    assert.match(shown, /restore sends: +\., manifest\n/);
    assert.match(shown, /\n1 .* full +- +1 .*\n2 .* changes +1 +2 .*digest [0-9a-f]{12}\n/);
  });

  it('verify', async () => {
    assert.equal(await backup('verify', ...OF, '--all'), 'Backup 1: whole\nBackup 2: whole\n');
  });

  it('export, which writes over nothing', async () => {
    const out = join(folder, 'out.db');
    assert.match(await backup('export', ...OF.slice(0, 1), out, ...OF.slice(1)), /^Backup 2, .* is in .*out\.db\.\n$/);
    assert.equal(sqlite3(readFileSync(out), '.dump'), sqlite3(device.bytes(), '.dump'));
    writeFileSync(out, 'mine');
    await assert.rejects(backup('export', 'phone.db', out, '--user', 'anna'), /exists already; it is not written over/);
    assert.equal(readFileSync(out, 'utf8'), 'mine');
    assert.match(await backup('export', 'phone.db', '-', '--user', 'anna', '--generation', '1'), /^SQLite format 3/);
  });

  it('diff', async () => {
    assert.match(await backup('diff', 'phone.db', '1', '2', '--user', 'anna'), /added +t +\{"id":2\} +- +\{"id":2,"v":"b"\}/);
    assert.match(await backup('diff', 'phone.db', '2', '2', '--user', 'anna'), /have the same rows/);
  });

  it('R63: diff --sql lists the statements, and changes nothing', async () => {
    const sql = (...of: string[]): Promise<string> => backup('diff', 'phone.db', ...of, '--user', 'anna', '--sql');
    assert.equal(await sql('1', '2'), `INSERT OR ABORT INTO "t"("id", "v") VALUES (2, 'b');\n`);
    // What another SQLite makes of the first backup with them is the second.
    const second = readFileSync(device.path);
    const out = join(folder, 'first.db');
    await backup('export', 'phone.db', out, '--user', 'anna', '--generation', '1');
    assert.equal(sqlite3(readFileSync(out), `${await sql('1', '2')} SELECT * FROM t`), sqlite3(second, 'SELECT * FROM t'));
    assert.equal(sqlite3(second, `${await sql('2', '1')} SELECT group_concat(id) FROM t`), '1\n');
    assert.equal(await sql('2', '2'), '-- backups 2 and 2 have the same rows\n');
    assert.equal(await backup('verify', ...OF, '--all'), 'Backup 1: whole\nBackup 2: whole\n');
  });

  it('says what to write instead', async () => {
    await assert.rejects(backup('restore', ...OF), /Name the backup with --generation or --at/);
    await assert.rejects(backup('verify', ...OF, '--generation', '9'), /no backup of "phone\.db" with the number 9/);
    await assert.rejects(backup('remove', ...OF), /say so with --yes/);
    await assert.rejects(backup('show', 'other.db', '--user', 'anna'), /There is no backup of "other\.db"/);
    await assert.rejects(backup('export', 'phone.db', '-', '--user', 'anna', '--at', 'noon'), /write a time such as/);
  });

  it('restore and remove', async () => {
    assert.equal(await backup('restore', ...OF, '--generation', '1'), 'It is the newest again, as backup 3.\n');
    assert.equal(await backup('remove', ...OF, '--generation', '2', '--yes'), 'Backup 2 of "phone.db" is removed.\n');
    assert.equal(await backup('verify', ...OF, '--all'), 'Backup 1: whole\nBackup 3: whole\n');
    assert.equal(await backup('remove', ...OF, '--yes'), '"phone.db" and all its backups are removed.\n');
    assert.equal(await backup('list'), 'There are no backups.\n');
  });
});
