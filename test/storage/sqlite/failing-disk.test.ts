/** Disks that are full, and disks that cannot sync. What was acknowledged is there; what was not leaves nothing half done. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { examine } from '../../../src/doctor/examine.js';
import { findingsOf } from '../../../src/storage/ports/inspection.js';
import type { SqliteStore } from '../../../src/storage/sqlite/sqlite-store.js';
import { AGES } from '../../doctor/support/rich-store.js';
import { failSync, type FailingSync } from '../../support/failing-sync.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { create, item, settle, within, type Setting } from '../contract/setting.js';
import { keyringOf, openWithKey } from '../support/open.js';

const UNAVAILABLE = { name: 'StoreError', fault: 'unavailable' };
const clean = async (store: SqliteStore): Promise<void> =>
  assert.deepEqual(findingsOf(await examine(store, { now: Date.now(), ages: AGES, depth: 'rows', surroundings: false })), []);
const count = (store: SqliteStore, { account, datastore }: Setting): Promise<number> =>
  store.read((tx) => tx.account(account).items.count(datastore));

describe('SQLite store: a disk that cannot sync', () => {
  let opened: TempStore;
  let setting: Setting;
  let failing: FailingSync | undefined;
  const untrusted: string[] = [];
  const mark = (): string => join(opened.folder, 'moorage.db-wal-untrusted');
  beforeEach(async () => {
    untrusted.length = 0;
    opened = await tempStore({ onUntrusted: (error) => untrusted.push(error.message) });
    setting = await settle(opened.store);
  });
  afterEach(async () => {
    failing?.restore();
    failing = undefined;
    await opened.close();
  });

  it('acknowledges no commit of it, and nothing after it, even when syncing works again', async () => {
    await create(opened.store, setting, 'before');
    failing = await failSync('datasync', (call) => call === 1);
    await assert.rejects(create(opened.store, setting, 'lost or not'), UNAVAILABLE);
    await assert.rejects(create(opened.store, setting, 'after'), UNAVAILABLE);
    assert.equal(failing.calls(), 1, 'a later success would prove nothing');
    assert.equal(untrusted.length, 1);
    assert.match(untrusted[0] ?? '', /could not sync/);
  });

  it('tells nobody of what may be lost', async () => {
    failing = await failSync('datasync');
    const writing = create(opened.store, setting, 'one');
    const reading = count(opened.store, setting);
    await assert.rejects(writing, UNAVAILABLE);
    await assert.rejects(reading, UNAVAILABLE);
    await assert.rejects(count(opened.store, setting), UNAVAILABLE);
    await assert.rejects(opened.store.sweep(Date.now(), AGES), UNAVAILABLE);
  });

  it('moves nothing of it into the database on the way out', async () => {
    await opened.store.transact(async () => undefined);
    const database = join(opened.folder, 'moorage.db');
    const before = statSync(database).size;
    failing = await failSync('datasync');
    await assert.rejects(create(opened.store, setting, ...Array.from({ length: 300 }, (_, n) => `${n} ${'x'.repeat(2000)}`)), UNAVAILABLE);
    await opened.store.close();
    assert.equal(statSync(database).size, before);
    assert.ok(statSync(`${database}-wal`).size > 0, 'the log is kept for the next start');
  });

  it('trusts the log again once all of it was written and synced anew', async () => {
    await create(opened.store, setting, 'before');
    failing = await failSync('datasync');
    await assert.rejects(create(opened.store, setting, 'in doubt'), UNAVAILABLE);
    await opened.store.close();
    assert.ok(existsSync(mark()));
    const { folder, keyring } = opened;
    await assert.rejects(tempStore({ folder, keyring }), UNAVAILABLE, 'the disk is still ill');
    assert.ok(existsSync(mark()));
    failing.restore();
    const again = await tempStore({ folder, keyring });
    assert.ok(!existsSync(mark()));
    // It was not acknowledged; here the system still had it, and it is durable now.
    assert.equal(await count(again.store, setting), 2);
    await create(again.store, setting, 'after');
    await clean(again.store);
    await again.close();
  });

  it('writes a blob anew whose file could not be synced', async () => {
    failing = await failSync('sync', (call) => call === 1);
    const bytes = Buffer.alloc(100_000, 'b');
    await assert.rejects(opened.store.blobs.put(setting.account, bytes), UNAVAILABLE);
    assert.deepEqual(
      readdirSync(join(opened.folder, 'blobs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
      [],
    );
    assert.equal(untrusted.length, 0, 'a new file is a new beginning');
    const before = failing.calls();
    const name = await opened.store.blobs.put(setting.account, bytes);
    assert.ok(failing.calls() - before >= 4, 'the file, its folder and those above');
    await within(opened.store, setting, (account) =>
      account.items.create(setting.datastore, { ...item(''), content: { kind: 'blob', name, size: bytes.length } }, { now: 1 }),
    );
    await clean(opened.store);
  });

  it('relies on nothing more when the name of a blob could not be synced', async () => {
    failing = await failSync('sync', (call) => call === 2);
    const bytes = Buffer.alloc(100_000, 'b');
    await assert.rejects(opened.store.blobs.put(setting.account, bytes), UNAVAILABLE);
    assert.equal(untrusted.length, 1);
    await assert.rejects(opened.store.blobs.put(setting.account, bytes), UNAVAILABLE);
    await assert.rejects(create(opened.store, setting, 'one'), UNAVAILABLE);
  });

  it('syncs the name of a blob that another process put and did not live to sync', async () => {
    const bytes = Buffer.alloc(100_000, 'b');
    await opened.store.blobs.put(setting.account, bytes);
    const other = await tempStore({ folder: opened.folder, keyring: opened.keyring });
    failing = await failSync('sync', () => false);
    await other.store.blobs.put(setting.account, bytes);
    assert.ok(failing.calls() >= 3, 'its folder and those above');
    await other.close();
  });
});

describe('SQLite store: a disk that is full', () => {
  it('refuses what does not fit, keeps what was acknowledged, and goes on when there is room', async function () {
    if (process.getuid?.() !== 0) {
      console.log('      (not root: no small disk can be made; the limit on file sizes below stands for it)');
      this.skip();
    }
    const folder = mkdtempSync(join(tmpdir(), 'moorage-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=700', 'tmpfs', folder]);
    const ballast = join(folder, 'ballast');
    const opened = await tempStore({ folder });
    try {
      const { store } = opened;
      const setting = await settle(store);
      writeFileSync(ballast, Buffer.alloc(6 * 1024 * 1024));
      let acknowledged = 0;
      const putBoth = async (n: number): Promise<void> => {
        const bytes = randomBytes(store.blobs.inlineLimit + 1);
        const name = await store.blobs.put(setting.account, bytes);
        await within(store, setting, async ({ items }) => {
          await items.create(setting.datastore, { ...item(''), content: { kind: 'blob', name, size: bytes.length } }, { now: n });
          await items.create(setting.datastore, item(`${n} ${'x'.repeat(30_000)}`), { now: n });
        });
        acknowledged += 2;
      };
      const fill = async (work: (n: number) => Promise<void>): Promise<void> => {
        for (let n = 0; n < 1000; n += 1) await work(n);
      };
      await assert.rejects(fill(putBoth), UNAVAILABLE);
      // The database, too, meets the end of the disk: small rows go into the last pages.
      await assert.rejects(
        fill(async (n) => {
          await create(store, setting, `${n} ${'y'.repeat(3000)}`);
          acknowledged += 1;
        }),
        UNAVAILABLE,
      );
      for (let n = 0; n < 20; n += 1) await assert.rejects(putBoth(n), UNAVAILABLE);
      assert.equal(await count(store, setting), acknowledged, 'it can still be read');
      await clean(store);
      rmSync(ballast);
      await putBoth(1);
      assert.equal(await count(store, setting), acknowledged);
      await clean(store);
      assert.deepEqual(
        readdirSync(join(folder, 'blobs'), { recursive: true }).filter((name) => String(name).endsWith('.draft')),
        [],
      );
      await store.close();
      const again = await tempStore({ folder, keyring: opened.keyring });
      assert.equal(await count(again.store, setting), acknowledged);
      await clean(again.store);
      await again.store.close();
    } finally {
      await opened.close();
      // Lazily: closed connections let go of their files when they are collected.
      execFileSync('umount', ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is whole after a process met a limit on the size of files, and has all that was acknowledged', async function () {
    this.timeout(60_000);
    const key = randomBytes(32).toString('hex');
    const opened = await tempStore({ keyring: keyringOf(key) });
    const { account, datastore, device, pair } = await settle(opened.store);
    const script = fileURLToPath(new URL('../support/endless-writer.ts', import.meta.url));
    const input = JSON.stringify({ folder: opened.folder, key, account, datastore, device, pair: pair.id, label: 'w' });
    // Blocks of 512 bytes: the log stops at 600 kB. Beyond, writing fails instead of ending the process.
    const child = spawn('sh', ['-c', `trap '' XFSZ; ulimit -f 1200; exec "$0" --import tsx "$1" "$2"`, process.execPath, script, input], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let last = 0;
    let words = '';
    createInterface({ input: child.stdout }).on('line', (line) => (last = Number(line)));
    child.stderr.on('data', (part: Buffer) => (words += part.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.notEqual(code, 0);
    assert.match(words, /StoreError.*unavailable/);
    assert.ok(last > 0, words);
    const store = await openWithKey(opened.folder, key);
    const { items, session } = await store.read(async (tx) => ({
      items: await tx.account(account).items.count(datastore),
      session: JSON.parse((await tx.sessions.byToken('w' as never))?.state ?? '{}') as { n: number },
    }));
    assert.ok(session.n === last || session.n === last + 1, `${last} acknowledged, ${session.n} there`);
    assert.equal(items, session.n * 5);
    const found = findingsOf(await examine(store, { now: Date.now(), ages: AGES, depth: 'rows', surroundings: false }));
    // The writer keeps texts of its own as session states and works in an epoch it never opened.
    assert.deepEqual(
      found.filter(({ check }) => check !== 'sessions' && check !== 'counters'),
      [],
    );
    await store.close();
    await opened.close();
  });
});
