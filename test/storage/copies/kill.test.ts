import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { settle } from '../contract/setting.js';
import { startChild } from '../support/child.js';
import { CopyClient } from '../support/copy-client.js';
import { fileAt, LAST_MODIFICATION } from '../support/copy-script.js';
import type { CopyWriterInput } from '../support/copy-writer.js';
import { openWithKey } from '../support/open.js';

/** So many kills, spread over all points; `MOORAGE_ALL_KILLS=1` kills at each, before and after. */
const KILLS = 8;

describe('copies: the server is killed', function () {
  this.timeout(900_000);
  const key = randomBytes(32).toString('hex');
  let folder: string;
  let fresh: string;
  let place: Pick<CopyWriterInput, 'key' | 'account' | 'device' | 'copy'>;
  let points = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moorage-kill-'));
    fresh = join(folder, 'fresh');
    const store = await openWithKey(fresh, key);
    const { account, device } = await settle(store);
    const { copy } = await CopyClient.create(store, account, device, 'a.db');
    await store.close();
    place = { key, account, device, copy };
    ({ points } = await run('whole', 0, 'before'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs the writer on a fresh folder. */
  async function run(name: string, point: number, when: 'before' | 'after') {
    const data = join(folder, name);
    // The store is closed, and all of it in the database file; the files beside it go with a garbage collection, which may be now.
    await cp(fresh, data, { recursive: true, filter: (path) => !/\.db-(?:shm|wal)$/.test(path) });
    const child = startChild('copy-writer.ts', { ...place, folder: data, point, when } satisfies CopyWriterInput);
    let acknowledged = 0;
    let counted = 0;
    child.lines.on('line', (line) => {
      if (line.startsWith('points ')) counted = Number(line.slice(7));
      else acknowledged = Number(line);
    });
    const ended = await child.ended;
    return { data, ended, acknowledged, points: counted };
  }

  /** @returns whether it came to this point: syncs that fall together are one, so that their number differs a little from run to run. */
  async function killAt(point: number, when: 'before' | 'after'): Promise<boolean> {
    const { data, ended, acknowledged } = await run(`${point}-${when}`, point, when);
    const where = `point ${point} of ${points}, ${when}`;
    assert.ok(ended === 'SIGKILL' || (ended === 0 && acknowledged === LAST_MODIFICATION), `${where}: ended with ${ended}`);
    const store = await openWithKey(data, key);
    try {
      const client = new CopyClient(store, place.account, place.device, place.copy);
      const known = await client.within((copies) => copies.generations(place.copy));
      const newest = known.at(-1)?.modification ?? 0;
      assert.ok(newest >= acknowledged && newest <= acknowledged + 1, `${where}: ${acknowledged} acknowledged, ${newest} found`);
      for (const { number, modification } of known)
        assert.ok((await client.file(number)).equals(fileAt(modification)), `${where}: ${number}`);
      const next = await (newest === 0 ? client.full(fileAt(1), 1) : client.change(fileAt(newest + 1), newest + 1));
      assert.ok((await client.file(next.number)).equals(fileAt(newest + 1)), `${where}: the next backup`);
    } finally {
      await store.close();
      await rm(data, { recursive: true, force: true });
    }
    return ended === 'SIGKILL';
  }

  it('R52, R66: at any point where it writes: what was acknowledged is whole, and the next backup goes on from there', async () => {
    assert.ok(points > 60, `${points} points`);
    const all = process.env['MOORAGE_ALL_KILLS'] !== undefined;
    let killed = 0;
    for (let n = 0; n < (all ? points : KILLS); n += 1) {
      const point = all ? n + 1 : 1 + Math.floor(((n + 0.5) * points) / KILLS);
      const sides = all ? (['before', 'after'] as const) : [n % 2 === 0 ? ('before' as const) : ('after' as const)];
      for (const when of sides) killed += (await killAt(point, when)) ? 1 : 0;
    }
    assert.ok(killed >= KILLS - 2, `${killed} kills`);
  });
});
