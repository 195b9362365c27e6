/**
 * Random schemas, random edits, and backups that are torn at any byte and by SIGKILL on both sides: after every backup that was completed the copy is the
 * device's, and what was kept before is what it was. MOORAGE_SEED repeats a run; `npm run backup-torture -- --minutes 10` is longer.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { startServer, type Server } from '../support/server.js';
import { hasSqlite3 } from './support/phone-database.js';
import { anyLife, live, newTally } from './support/torn-device.js';

const SEED = Number(process.env['MOORAGE_SEED'] ?? Date.now() % 1_000_000);
const LIVES = Number(process.env['MOORAGE_LIVES'] ?? 2);

describe(`backup: torn, seed ${SEED}`, function () {
  this.timeout(600_000);
  let server: Server;
  let folder: string;
  before(async function () {
    if (!hasSqlite3) return this.skip();
    server = await startServer('anna', 'secret');
    folder = mkdtempSync(join(tmpdir(), 'moorage-torn-'));
  });
  after(async () => {
    if (!hasSqlite3) return;
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('R42, R43, R66, R81, R82: what was completed is the same, and stays', async () => {
    const tally = newTally();
    await fc.assert(
      fc.asyncProperty(anyLife, (life) => live(server, folder, life, tally)),
      { seed: SEED, numRuns: LIVES, interruptAfterTimeLimit: 400_000, markInterruptAsFailure: false, endOnFailure: LIVES < 10 },
    );
    assert.match(await server.command('doctor'), /in order/i);
    assert.ok(tally.backups >= tally.lives);
  });
});
