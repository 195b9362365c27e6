/**
 * Whole sessions about a file that is backed up: the input is a tape of choices from which backups and restores are made. Whatever was said: no HTTP 500, a
 * SyncML answer for every readable header, another user's data as they were; every backup that there is can be proven from its bytes, those that
 * were there before are what they were, a second device gets the newest of them, and the device itself goes on with one that is as it has to be.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createDatabasePool } from '../../../src/devicedb/pool.js';
import { verifyGeneration } from '../../../src/sync/database/verify.js';
import type { AccountId } from '../../../src/model/ids.js';
import { BackupPhone } from '../../backup/support/backup-phone.js';
import { batch, manifest, wholeFile } from '../../backup/support/changes.js';
import { PhoneDatabase } from '../../backup/support/phone-database.js';
import { Tape } from '../choices.js';
import { OracleFailure, type Target } from '../target.js';
import { converse } from './conversation.js';
import { hostileBackup, type States } from './hostile-backups.js';
import { PASSWORD, World, Worlds } from './world.js';

const DEVICE = 'IMEI:hostile';
/** Beyond every modification number the device can have said: the largest there is. */
const LAST = Number.MAX_SAFE_INTEGER;
const SMALL = { 'limits.maxFileBytes': '1000000', 'limits.maxUpdateBytes': '300000', 'limits.maxObjSize': '1000000' };

const worlds = new Worlds(() => World.open(createDatabasePool({ workers: 1 }), SMALL));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let made: States | undefined;

/** Two states that are backed up before anything hostile is said, and one that may follow. */
function states(): States {
  if (made) return made;
  const batches = [
    { t: { adds: [{ id: 3, v: 'c' }], replaces: [{ id: 1, v: 'z' }], deletes: [{ id: 2 }] } },
    { t: { adds: [{ id: 4, v: 'd' }] }, k: { deletes: [{ k: 'a' }] } },
  ] as const;
  const phone = new PhoneDatabase(`CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b');
    CREATE TABLE k (k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO k VALUES ('a', 1), ('b', zeroblob(3000));
    CREATE TABLE log (what); CREATE TRIGGER t_log AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.v); END;
    CREATE VIEW v AS SELECT * FROM t; DELETE FROM log`);
  const seen: { readonly bytes: Uint8Array; readonly digest: string }[] = [];
  for (const sql of [
    '',
    "DROP TRIGGER t_log; INSERT INTO t VALUES (3, 'c'); UPDATE t SET v = 'z' WHERE id = 1; DELETE FROM t WHERE id = 2; CREATE TRIGGER t_log AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.v); END",
    "DROP TRIGGER t_log; INSERT INTO t VALUES (4, 'd'); DELETE FROM k WHERE k = 'a'; CREATE TRIGGER t_log AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.v); END",
  ]) {
    phone.exec(sql);
    const digest = phone.digest();
    seen.push({ bytes: phone.bytes(), digest });
  }
  phone.remove();
  const three = <T>(of: (one: (typeof seen)[number]) => T): readonly [T, T, T] => seen.map(of) as unknown as readonly [T, T, T];
  made = {
    files: three(({ bytes }) => bytes),
    digests: three(({ digest }) => digest),
    sha256s: three(({ bytes }) => sha256(bytes)),
    batches,
  };
  return made;
}

async function run(input: Uint8Array): Promise<void> {
  const at = await worlds.fresh();
  const user = `user ${at.runs}`;
  const account = await at.addUser(user);
  const { files, digests, batches } = states();
  const phone = phoneOf(at, user, DEVICE);
  await phone.backup([wholeFile(files[0]), manifest(digests[0], 1)]);
  await phone.backup([batch({ base: 1, to: 2, tables: batches[0] }), manifest(digests[1], 2)]);
  const kept = await proven(at, account);
  assert.equal(kept.length, 2);
  const before = await at.bystanders();
  await converse(at, { user, device: DEVICE, make: hostileBackup(states()), beginsAnew: true }, new Tape(input));
  at.now += 60_000;
  if ((await at.bystanders()) !== before) throw new OracleFailure('another account', 'the data of the bystander are not what they were');
  const now = await proven(at, account);
  for (const one of kept)
    if (!now.includes(one)) throw new OracleFailure('a backup that was complete', `${one} is not among ${now.join(', ')}`);
  try {
    await goesOn(at, user, files[0]);
  } catch (error) {
    throw new OracleFailure('a well-behaved device afterwards', String(error), { cause: error });
  }
}

const phoneOf = (at: World, user: string, device: string): BackupPhone =>
  new BackupPhone(at.transport, { device, userName: user, password: PASSWORD, room: 50_000, maxMsgSize: 100_000 });

/** `file generation SHA-256` of everything there is. @throws {OracleFailure} when one of them is not what was noted. */
async function proven(at: World, account: AccountId): Promise<readonly string[]> {
  const { store, databases } = at;
  assert.ok(databases);
  const all = await store.read(async (tx) => {
    const { copies } = tx.account(account);
    const found = [];
    for (const copy of await copies.list()) for (const generation of await copies.generations(copy.id)) found.push({ copy, generation });
    return found;
  });
  const lines: string[] = [];
  for (const { copy, generation } of all) {
    const { ok, faults, sha256: is = '' } = await verifyGeneration({ store, databases }, account, copy.id, generation);
    if (!ok) throw new OracleFailure('a backup that is proven', `${copy.file} ${generation.number}: ${faults.join('; ')}`);
    lines.push(`${copy.file} ${generation.number} ${is}`);
  }
  return lines;
}

/** A second device gets a backup made before, and the device itself backs up anew and gets that back. */
async function goesOn(at: World, user: string, bytes: Uint8Array): Promise<void> {
  const other = await phoneOf(at, user, 'IMEI:well-behaved').restore(`from=${DEVICE}&gen=1`);
  assert.deepEqual(
    other.items.map(({ name }) => name),
    ['.', 'manifest'],
  );
  assert.equal(sha256(other.items[0]?.content ?? Buffer.alloc(0)), sha256(bytes), 'the first backup, on another device');
  const device = phoneOf(at, user, DEVICE);
  const { receipt, codes } = await device.backup([wholeFile(bytes), manifest(states().digests[0], LAST, { base: undefined })]);
  assert.equal(receipt.need, 'none', JSON.stringify({ receipt, codes }));
  const back = await device.restore();
  assert.ok(back.items[0]?.content.equals(bytes), 'what was backed up last comes back');
}

export const backup: Target = {
  name: 'backup',
  maxBytes: 600,
  patience: { ms: 5000, msPerKib: 0 },
  seeds: () => [],
  generate: (choices) => choices.bytes(20 + choices.below(500)),
  run,
  close: () => worlds.close(),
};
