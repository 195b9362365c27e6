/** The server's process is killed (SIGKILL) at every message, before it, while it is worked on, and after it; another process goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpTransport, LinkLost, type Transport } from '../model-client/transport.js';
import { Server } from '../support/server.js';
import { BackupPhone, type Sending } from './support/backup-phone.js';
import { noise } from './support/bench.js';
import { batch, manifest, wholeFile } from './support/changes.js';
import { PhoneDatabase, sqlite3 } from './support/phone-database.js';

const ROOM = 20_000;

describe('backup: the server is killed', function () {
  this.timeout(240_000);
  let server: Server;
  let folder: string;
  const link = httpTransport();
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'moorage-killed-'));
    server = new Server();
    await server.addUser('anna', 'secret words');
    await server.start();
  });
  after(async () => {
    link.close();
    await server.kill();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A link that repeats a message until it is answered, as devices do; the server dies as `plan` says. */
  const dying = (plan: (message: number) => 'before' | 'during' | 'after' | undefined): Transport => {
    let message = 0;
    return async (url, type, body) => {
      message += 1;
      const when = plan(message);
      const address = `${server.url}${new URL(url).search}`;
      if (when === 'before') await restart();
      const answer = link(address, type, body).catch((error: unknown) => {
        if (!(error instanceof LinkLost)) throw error;
        return undefined;
      });
      if (when === 'during') {
        await sleep(message % 12);
        await restart();
      }
      const got = await answer;
      if (when === 'after') {
        // The answer is lost with it: the same message again.
        await restart();
        return link(address, type, body);
      }
      return got ?? link(address, type, body);
    };
  };
  const restart = async (): Promise<void> => {
    await server.kill();
    await server.start();
  };
  const exported = async (file: string, ...more: string[]): Promise<Buffer> => {
    const out = join(folder, `${Math.random()}`);
    await server.command('backup', 'export', file, out, '--user', 'anna', ...more);
    return readFileSync(out);
  };

  for (const when of ['before', 'during', 'after'] as const) {
    it(`R81, R47: ${when} every message of a first backup, a day's changes and a restore`, async () => {
      const file = `${when}.db`;
      const device = new PhoneDatabase('CREATE TABLE t (id INTEGER PRIMARY KEY, v BLOB)');
      device.exec(`INSERT INTO t VALUES (1, x'${noise(40_000).toString('hex')}'), (2, 'a')`);
      const phone = new BackupPhone(
        dying(() => when),
        { file, room: ROOM, device: `IMEI:${when}` },
      );
      const first = await phone.backup([wholeFile(device.bytes()), manifest(device.digest(), 1)]);
      assert.deepEqual(first.codes, { '.': 200, manifest: 200 }, first.receipt.reason);
      assert.ok((await exported(file)).equals(device.bytes()));
      device.exec(`INSERT INTO t VALUES (3, 'b'); DELETE FROM t WHERE id = 2;`);
      const changes: Sending[] = [
        batch({ base: 1, to: 2, tables: { t: { deletes: [{ id: 2 }], adds: [{ id: 3, v: 'b' }] } } }),
        manifest(device.digest(), 2),
      ];
      const second = await phone.backup(changes);
      assert.deepEqual(second.codes, { 'changes/2': 200, manifest: 200 }, second.receipt.reason);
      const copy = await exported(file);
      assert.equal(sqlite3(copy, '.dump'), sqlite3(device.bytes(), '.dump'));
      const other = new BackupPhone(
        dying(() => when),
        { file, device: `IMEI:other-${when}` },
      );
      const back = await other.restore();
      assert.ok(back.items[0]?.content.equals(copy));
      const verified = await server.command('backup', 'verify', file, '--user', 'anna', '--device', `IMEI:${when}`, '--all');
      assert.equal(verified, 'Backup 1: whole\nBackup 2: whole\n');
      device.remove();
    });
  }
});
