import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { DATABASE_FILE } from '../../src/storage/sqlite/sqlite-store.js';
import { CHECKS } from '../../src/storage/ports/checks.js';
import { CommandLine } from './run.js';

interface Report {
  readonly healthy: boolean;
  readonly checks: readonly { readonly check: string; readonly count: number; readonly findings: readonly object[] }[];
  readonly repair?: { readonly mended: number; readonly copies: readonly string[] };
}

describe('moorage doctor', () => {
  let line: CommandLine;
  beforeEach(async () => {
    line = new CommandLine();
    await line.ok('user', 'add', 'anna', '--password', 'pw');
    const file = join(line.root, 'one.vcf');
    writeFileSync(file, 'BEGIN:VCARD\r\nVERSION:2.1\r\nN:Doe;Jane\r\nTEL:1\r\nEND:VCARD\r\n');
    await line.ok('item', 'import', file, '--user', 'anna', '--datastore', 'contacts');
  });
  afterEach(() => line.remove());

  function damage(sql: string): void {
    const database = new DatabaseSync(join(line.data, DATABASE_FILE), { timeout: 5000, enableForeignKeyConstraints: false });
    database.exec(sql);
    database.close();
  }

  it('says of each check that it is ok, and ends with 0', async () => {
    const { code, out, err } = await line.run(['doctor']);
    assert.equal(code, 0, out);
    for (const { name } of CHECKS) assert.match(out, new RegExp(`^${name} +\\d+ +ok$`, 'm'));
    assert.match(out, /The store is in order/);
    assert.equal(err, '');
  });

  it('says what is wrong and what to do, and ends with 1', async () => {
    damage("UPDATE datastore SET used_bytes = 9 WHERE uri = 'contacts'; UPDATE item_version SET content = zeroblob(50)");
    const { code, out } = await line.run(['doctor']);
    assert.equal(code, 1);
    assert.match(out, /^totals +\d+ +1 finding$/m);
    assert.match(out, /anna: contacts counts 1 items and 9 bytes/);
    assert.match(out, /→ "moorage doctor --repair" will: count again\./);
    assert.match(out, /anna, contacts, item 1: its content \(revision 1\) does not open\n +→ Restore/);
    assert.doesNotMatch(out, /in order/);
  });

  it('repairs: says what it does and why it is safe, then looks again', async () => {
    damage(
      "UPDATE datastore SET item_count = 9 WHERE uri = 'contacts'; UPDATE item SET identity_key = 'x'; INSERT INTO id_map (pair, epoch, guid, owed, soft) VALUES (9, 1, 1, 0, 0)",
    );
    const { code, out } = await line.run(['doctor', '--repair']);
    assert.equal(code, 0, out);
    assert.match(out, /^Repairing:\n/);
    assert.match(out, /item-keys, 1 finding: compute its keys again\n +Safe: They only serve to find equal items\./);
    assert.match(out, /3 repairs made\. The rows as they were: \S+\.jsonl/);
    assert.match(out, /The store is in order/);
    const [, copy = ''] = /as they were: (\S+)/.exec(out) ?? [];
    assert.deepEqual(
      readFileSync(copy, 'utf8')
        .trim()
        .split('\n')
        .map((text) => (JSON.parse(text) as { table: string }).table),
      ['id_map'],
    );
    // The copies do not count as strangers.
    assert.equal((await line.run(['doctor'])).code, 0);
  });

  it('answers as JSON, without what would open a session', async () => {
    damage(`INSERT INTO device (account, uri, auth_count, last_access_at, ignores_resp_uri) VALUES (1, 'IMEI:1', 0, 0, 0);
      INSERT INTO session VALUES ('secret-token-secret', 1, 1, 'IMEI:1', '1', 'o', 1, ${line.now}, ${line.now}, 0, zeroblob(60))`);
    const { code, out } = await line.run(['doctor', '--json']);
    assert.equal(code, 1);
    const report = JSON.parse(out) as Report;
    assert.equal(report.healthy, false);
    assert.deepEqual(
      report.checks.map(({ check }) => check),
      CHECKS.map(({ name }) => name),
    );
    assert.equal(report.checks.find(({ check }) => check === 'sessions')?.count, 2);
    assert.doesNotMatch(out, /secret-token-secret/);
    const repaired = await line.json<Report>('doctor', '--repair');
    assert.equal(repaired.healthy, true);
    // The first repair removes the session, so the second has nothing left to do.
    assert.equal(repaired.repair?.mended, 1);
  });

  it('looks at one user only, and leaves out what takes long', async () => {
    await line.ok('user', 'add', 'bert', '--password', 'pw');
    damage("UPDATE datastore SET item_count = 9; UPDATE item SET identity_key = 'x'");
    const { code, out } = await line.run(['doctor', '--user', 'bert', '--json']);
    assert.equal(code, 1);
    const { checks } = JSON.parse(out) as Report;
    assert.ok(checks.every(({ findings }) => findings.every((finding) => 'user' in finding && finding.user === 'bert')));
    assert.ok(!checks.some(({ check }) => check === 'database' || check === 'disk-space'));
    assert.equal((await line.run(['doctor', '--user', 'carl'])).code, 1);
    const quick = JSON.parse((await line.run(['doctor', '--quick', '--json'])).out) as Report;
    assert.ok(!quick.checks.some(({ check }) => check === 'database'));
    assert.equal(quick.checks.find(({ check }) => check === 'totals')?.count, 10, 'five datastores of each user');
  });
});
