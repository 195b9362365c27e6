import assert from 'node:assert/strict';
import { StoreError } from '../../../src/model/errors.js';
import { CHUNK_BYTES } from '../../../src/storage/ports/copies.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { tempStore } from '../../support/temp-store.js';
import { settle } from '../contract/setting.js';
import { CopyClient } from '../support/copy-client.js';
import { MemoryObjects } from '../support/memory-objects.js';
import { noise } from '../support/noise.js';

const K = CHUNK_BYTES;
const HOUR = 60 * 60 * 1000;
const LIMITS: SweepLimits = {
  endedSessionAge: HOUR,
  openSessionAge: HOUR,
  openSyncAge: HOUR,
  versionAge: HOUR,
  conflictAge: HOUR,
  refusalAge: HOUR,
  orphanBlobAge: HOUR,
  draftAge: 24 * HOUR,
};

/** What the file is at each modification. */
function fileAt(modification: number): Buffer {
  const file = noise('base', 48 * K);
  for (let n = 2; n <= modification; n += 1) noise(`${n}`, 26 * K).copy(file, (n % 2) * 20 * K);
  return file;
}
const SCRIPT = 4;

describe('copies: the storage location fails', function () {
  this.timeout(120_000);

  /**
   * A backup after the other, dropping what is older and sweeping; the location fails at the `n`th call, and at every later one until the server
   * is restarted. @returns whether it came so far.
   */
  async function failingAt(n: number, when: 'before' | 'after'): Promise<boolean> {
    let now = 1_000_000_000;
    const clock = () => now;
    const objects = new MemoryObjects(clock);
    const locations = new Map([['nas', objects]]);
    const opened = await tempStore({ clock, locations });
    let failed = false;
    objects.fault = (_, call, at) => {
      if (call < n || (call === n && at !== when)) return;
      failed = true;
      throw new StoreError('unavailable', 'the line is dead');
    };
    const { account, device } = await settle(opened.store);
    const client = await CopyClient.create(opened.store, account, device, 'a.db', 'nas');
    let done = 0;
    const work = async (by: CopyClient, sweep: () => Promise<unknown>): Promise<void> => {
      for (let modification = done + 1; modification <= SCRIPT; modification += 1) {
        const made = await (modification === 1 ? by.full(fileAt(1), 1) : by.change(fileAt(modification), modification));
        done = modification;
        for (const { number } of await by.within((copies) => copies.generations(by.copy)))
          if (number < made.number) await by.within((copies) => copies.drop(by.copy, number));
        for (let hours = 0; hours < 2; hours += 1) {
          now += HOUR + 1;
          await sweep();
        }
      }
    };
    await work(client, () => opened.store.sweep(now, LIMITS)).catch((error: unknown) => {
      assert.ok(error instanceof StoreError && error.fault === 'unavailable', String(error));
    });

    objects.fault = () => undefined;
    const { store } = await tempStore({ clock, locations, folder: opened.folder, keyring: opened.keyring });
    const again = client.on(store);
    const known = await again.within((copies) => copies.generations(again.copy));
    // The transaction of a generation is not undone by a later failure.
    assert.equal(known.at(-1)?.modification ?? 0, done);
    for (const { number, modification } of known)
      assert.ok((await again.file(number)).equals(fileAt(modification)), `modification ${modification}`);
    await work(again, () => store.sweep(now, LIMITS));
    const newest = await again.within((copies) => copies.newest(again.copy));
    assert.ok((await again.file(newest?.number ?? 0)).equals(fileAt(SCRIPT)));
    for (let hours = 0; hours < 3; hours += 1) {
      now += HOUR + 1;
      await store.sweep(now, LIMITS);
    }
    const named = new Set((await again.within((copies) => copies.chunks(again.copy, newest?.number ?? 0))).map(({ pack }) => pack));
    assert.deepEqual(new Set([...objects.held.keys()].map((name) => `nas:${name}`)), named, 'no pack is left behind');
    await store.close();
    await opened.close();
    return failed;
  }

  for (const when of ['before', 'after'] as const) {
    it(`R52, R64: at each call in turn, ${when} it took effect: the last generation is whole, and the next backup goes through`, async () => {
      let calls = 0;
      while (await failingAt(calls + 1, when)) calls += 1;
      assert.ok(calls > 20, `${calls} calls`);
    });
  }
});
