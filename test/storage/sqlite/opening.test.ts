import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { UserError } from '../../../src/model/errors.js';
import type { SessionToken } from '../../../src/model/ids.js';
import { Keyring } from '../../../src/sealing/keyring.js';
import { masterKeyId } from '../../../src/sealing/master-key.js';
import { MIGRATIONS } from '../../../src/storage/migrations/migrations.js';
import { Connection } from '../../../src/storage/sqlite/connection.js';
import { migrate } from '../../../src/storage/sqlite/migrate.js';
import { DATABASE_FILE, openSqliteStore } from '../../../src/storage/sqlite/sqlite-store.js';
import { newKeyring, tempStore, type TempStore } from '../../support/temp-store.js';
import { create, response, session, settle, text } from '../contract/setting.js';

const entry = (fill: number) => ({ id: masterKeyId(Buffer.alloc(32, fill)), key: Buffer.alloc(32, fill) });

describe('SQLite store: opening', () => {
  let opened: TempStore;
  const file = (): string => join(opened.folder, DATABASE_FILE);
  /** Runs SQL on the database as another program would. */
  const meddle = (sql: string): void => {
    const database = new DatabaseSync(file());
    database.exec(sql);
    database.close();
  };
  const reopen = (keyring: Keyring = opened.keyring) => openSqliteStore({ folder: opened.folder, keyring, clock: Date.now });

  beforeEach(async () => {
    opened = await tempStore({ keyring: new Keyring({ keys: [entry(1)] }) });
  });
  afterEach(() => opened.close());

  it('finds again what it closed on', async () => {
    const setting = await settle(opened.store);
    const [made] = await create(opened.store, setting, 'kept');
    assert.ok(made);
    await opened.store.close();
    const store = await reopen();
    assert.equal(text(await store.read((tx) => tx.account(setting.account).items.content(setting.datastore, made.guid))), 'kept');
    await store.close();
  });

  it('waits while another process brings the log of a killed one in order', async () => {
    // What brings a log in order holds it alone, as this one does.
    const folder = join(opened.folder, 'another');
    mkdirSync(folder);
    const other = new DatabaseSync(join(folder, DATABASE_FILE));
    other.exec('PRAGMA journal_mode = WAL; PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT');
    assert.throws(() => new Connection(join(folder, DATABASE_FILE), 'write'), /conflict/);
    const opening = openSqliteStore({ folder, keyring: opened.keyring, clock: Date.now });
    setTimeout(() => {
      other.close();
    }, 60);
    const store = await opening;
    await settle(store);
    await store.close();
  });

  it('stops on a wrong master key, says what to do, and changes nothing', async () => {
    const setting = await settle(opened.store);
    await opened.store.close();
    const before = readFileSync(file());
    await assert.rejects(reopen(newKeyring()), (error: Error) => error instanceof UserError && /Give the right key/.test(error.message));
    assert.deepEqual(readFileSync(file()), before);
    const store = await reopen();
    assert.ok(await store.read((tx) => tx.accounts.credential(setting.account)));
    await store.close();
  });

  it('stops when the value it checks the key with is lost, rather than make a new one', async () => {
    await settle(opened.store);
    await opened.store.close();
    meddle("DELETE FROM meta WHERE key = 'key_check'");
    await assert.rejects(reopen(), UserError);
    meddle('DELETE FROM meta');
    await assert.rejects(reopen(), UserError);
  });

  it('goes through a rotation of the master key with the server secret and every account unchanged', async () => {
    const setting = await settle(opened.store);
    await create(opened.store, setting, 'kept');
    const secret = await opened.store.read(async (tx) => tx.accounts.serverSecret());
    await opened.store.close();
    const rotated = await reopen(new Keyring({ keys: [entry(2), entry(1)] }));
    assert.equal(await rotated.rewrapKeys(), 2, 'the account’s key and the server’s secret');
    assert.equal(await rotated.rewrapKeys(), 0);
    await rotated.close();
    await assert.rejects(reopen(), UserError, 'the old key alone opens nothing any more');
    const retired = await reopen(new Keyring({ keys: [entry(2)] }));
    await retired.read(async (tx) => {
      assert.deepEqual(tx.accounts.serverSecret(), secret);
      const { items } = tx.account(setting.account);
      const [made] = await items.list(setting.datastore);
      assert.ok(made);
      assert.equal(text(await items.content(setting.datastore, made.guid)), 'kept');
    });
    await retired.close();
  });

  it('refuses a store of a newer program', async () => {
    await opened.store.close();
    meddle(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    await assert.rejects(reopen(), (error: Error) => error instanceof UserError && /newer Moorage/.test(error.message));
  });

  it('refuses another program’s database, and a file that is none', async () => {
    await opened.store.close();
    meddle('PRAGMA application_id = 0');
    await assert.rejects(reopen(), UserError);
    writeFileSync(file(), 'This is no database, and it is long enough to be looked at as one. '.repeat(100));
    await assert.rejects(reopen(), UserError);
  });

  it('brings an older shape to the newest, once, and keeps what is there', async () => {
    await settle(opened.store);
    await opened.store.close();
    const newer = [...MIGRATIONS, 'ALTER TABLE account ADD COLUMN note TEXT; UPDATE account SET note = name'];
    for (let time = 0; time < 2; time += 1) {
      const connection = new Connection(file(), 'write');
      await migrate(connection, newer, 100);
      assert.deepEqual({ ...connection.get<object>('SELECT name, note FROM account') }, { name: 'anna', note: 'anna' });
      assert.deepEqual({ ...connection.get<object>('PRAGMA user_version') }, { user_version: newer.length });
      connection.close();
    }
    await assert.rejects(reopen(), UserError, 'and the older program keeps its hands off');
  });

  it('brings a store of the first shape to the newest: sessions stay, and their messages can be kept', async () => {
    const setting = await settle(opened.store);
    const token = 'token' as SessionToken;
    await opened.store.transact((tx) => tx.sessions.save(session(setting, token), response('<answer/>')));
    await opened.store.close();
    const later = [
      'instance',
      'extra_copy',
      'conflict_rule',
      'copy_update',
      'copy_draft',
      'copy_generation',
      'copy_chunk',
      'copy_pack',
      'copy',
      'message',
    ];
    meddle(`${later.map((table) => `DROP TABLE ${table}`).join(';')}; PRAGMA user_version = 1;
      ALTER TABLE account DROP COLUMN location; ALTER TABLE account DROP COLUMN service; ALTER TABLE account DROP COLUMN entitled;
      ALTER TABLE account DROP COLUMN time_zone; ALTER TABLE account DROP COLUMN country; ALTER TABLE outgoing DROP COLUMN luid;
      ALTER TABLE conflict DROP COLUMN fields; ALTER TABLE pair DROP COLUMN growth; DROP INDEX item_loose; ALTER TABLE item DROP COLUMN loose_key;
      DROP INDEX item_series; ALTER TABLE item DROP COLUMN series_key; ALTER TABLE id_map DROP COLUMN without_media;
      ALTER TABLE staged DROP COLUMN loose_key; UPDATE datastore SET policy = 'keep-both'`);
    const store = await reopen();
    const side = { headers: {}, body: Buffer.from('x') };
    await store.transact(async (tx) => {
      assert.equal(text((await tx.sessions.response(token))?.bytes), '<answer/>');
      const { messages } = tx.account(setting.account);
      await messages.keep(token, [{ at: 1, path: '/', request: side, httpStatus: 200, response: side }], { messages: 1, bytes: 9 });
      assert.equal((await messages.of(token)).length, 1);
      // A policy that was chosen is a rule from now on.
      assert.deepEqual(await tx.account(setting.account).policies.list(), [{ datastore: setting.datastore, policy: 'keep-both' }]);
    });
    await store.close();
  });

  it('leaves the old shape when a migration fails half way', async () => {
    await opened.store.close();
    const connection = new Connection(file(), 'write');
    await assert.rejects(migrate(connection, [...MIGRATIONS, 'CREATE TABLE half (x); CREATE TABLE half (x)'], 100));
    assert.equal(connection.get("SELECT 1 FROM sqlite_schema WHERE name = 'half'"), undefined);
    connection.close();
    await (await reopen()).close();
  });

  it('is made once by processes that start together', async () => {
    const again = await tempStore();
    await again.close();
    const stores = await Promise.all(
      Array.from({ length: 6 }, () => openSqliteStore({ folder: again.folder, keyring: opened.keyring, clock: Date.now })),
    );
    const secrets = await Promise.all(
      stores.map((store) => store.read(async (tx) => Buffer.from(tx.accounts.serverSecret()).toString('hex'))),
    );
    assert.equal(new Set(secrets).size, 1);
    for (const store of stores) await store.close();
  });
});
