/** Beside processes at work, and over kills: no false alarm, and a repair that is cut off is gone on with. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { examine, READERS } from '../../src/doctor/examine.js';
import { findingsOf } from '../../src/storage/ports/inspection.js';
import { DATABASE_FILE } from '../../src/storage/sqlite/sqlite-store.js';
import { startChild } from '../storage/support/child.js';
import { keyringOf } from '../storage/support/open.js';
import { settle } from '../storage/contract/setting.js';
import { tempStore, type TempStore } from '../support/temp-store.js';
import type { BusyInput } from './support/busy-changes.js';
import { AGES } from './support/rich-store.js';

const script = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));

describe('doctor beside others', () => {
  let opened: TempStore;
  let input: BusyInput;
  beforeEach(async () => {
    const key = randomBytes(32).toString('hex');
    opened = await tempStore({ keyring: keyringOf(key) });
    const { account, datastore, device, pair } = await settle(opened.store);
    input = { folder: opened.folder, key, account, datastore, device, pair: pair.id };
  });
  afterEach(() => opened.close());

  it('finds nothing wrong while two processes change and sweep, nor after they are killed', async function () {
    this.timeout(120_000);
    const children = [startChild(script('busy-changes.ts'), input), startChild(script('busy-changes.ts'), input)];
    await Promise.all(children.map(({ lines }) => once(lines, 'line')));
    let looked = 0;
    for (let round = 0; round < 12; round += 1) {
      const found = await examine(opened.store, { now: Date.now(), ages: AGES, surroundings: false });
      assert.deepEqual(findingsOf(found), []);
      looked += found.checks.reduce((sum, check) => sum + check.looked, 0);
    }
    assert.ok(looked > 1000, `${looked} rows were looked at`);
    for (const child of children) {
      child.process.kill('SIGKILL');
      assert.equal(await child.ended, 'SIGKILL');
    }
    assert.deepEqual(findingsOf(await examine(opened.store, { now: Date.now(), ages: AGES, surroundings: false })), []);
  });

  it('goes on with a repair that was killed', async function () {
    this.timeout(120_000);
    const ROWS = 2000;
    const database = new DatabaseSync(join(opened.folder, DATABASE_FILE), { timeout: 5000, enableForeignKeyConstraints: false });
    database.exec(`UPDATE datastore SET last_guid = ${ROWS}; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
      INSERT INTO id_map (pair, epoch, guid, luid, owed, soft) SELECT ${input.pair}, 0, i, 'l' || i, 0, 0 FROM n`);
    const left = (): number => (database.prepare('SELECT COUNT(*) AS n FROM id_map').get() as { n: number }).n;
    const child = startChild(script('mending.ts'), input);
    await once(child.lines, 'line');
    child.process.kill('SIGKILL');
    assert.equal(await child.ended, 'SIGKILL');
    assert.ok(left() > 0 && left() < ROWS, `killed in between: ${left()} of ${ROWS} are left`);
    for (let found = await look(); found.length > 0; found = await look())
      assert.ok((await opened.store.mend(found, { now: Date.now(), ages: AGES, readers: READERS })).mended > 0);
    assert.equal(left(), 0);
    database.close();
  });

  const look = async () => findingsOf(await examine(opened.store, { now: Date.now(), ages: AGES, surroundings: false, depth: 'rows' }));
});
