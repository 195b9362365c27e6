/** Slow work that transactions ask for: done once, outside, and asked for by what it depends on. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SlowWork } from '../../src/exchange/slow-work.js';
import { SeveralResults, WorkNeeded, type SlowRooms, type WorkDone } from '../../src/sync/slow-work.js';

const ROOMS = {} as SlowRooms;

describe('exchange: slow work', () => {
  let now = 0;
  let ran: string[];
  let slow: SlowWork;
  beforeEach(() => {
    now = 0;
    ran = [];
    slow = new SlowWork(ROOMS, () => now);
  });
  /** A transaction that needs results of these keys, one after the other. */
  const needing =
    (keys: readonly string[], bytes?: number, work: (key: string) => Promise<unknown> = async (key) => key) =>
    async (done: WorkDone): Promise<string> => {
      for (const key of keys) {
        if (done.has(key)) continue;
        throw new WorkNeeded(
          key,
          async () => {
            ran.push(key);
            return work(key);
          },
          bytes === undefined ? undefined : () => bytes,
        );
      }
      return keys.map((key) => String(done.get(key))).join();
    };

  it('runs the transaction again until nothing is missing; each work once', async () => {
    assert.equal(await slow.through(needing(['a', 'b', 'c']), undefined), 'a,b,c');
    assert.deepEqual(ran, ['a', 'b', 'c']);
  });

  it('forgets what a transaction has used, and keeps what may be asked for again', async () => {
    await slow.through(needing(['a']), undefined);
    await slow.through(needing(['a']), undefined);
    await slow.through(needing(['p'], 1000), undefined);
    await slow.through(needing(['p'], 1000), undefined);
    assert.deepEqual(ran, ['a', 'a', 'p']);
  });

  it('gives several results of one work, each by its own key, and keeps them together whatever they take', async () => {
    const all = Array.from({ length: 40 }, (_, at) => `photo ${at}`);
    const attempt = async (done: WorkDone): Promise<string> => {
      const missing = all.filter((key) => !done.has(key) || done.get(key) === undefined);
      if (missing.length > 0)
        throw new WorkNeeded(`photos ${missing.length}`, async () => {
          ran.push(`${missing.length}`);
          return new SeveralResults(new Map(missing.map((key) => [key, { value: key, bytes: 1024 * 1024 }])));
        });
      return all.map((key) => String(done.get(key))).join();
    };
    assert.equal(await slow.through(attempt, undefined), all.join());
    assert.deepEqual(ran, ['40'], 'one run for all of them');
    // What comes later takes its place within the bounds.
    await slow.through(needing(['p'], 1000), undefined);
    await slow.through(attempt, undefined);
    assert.ok(Number(ran.at(-1)) >= 16, ran.join());
  });

  it('keeps no more than its bounds: the least recently used goes first', async () => {
    const MB = 1024 * 1024;
    for (const key of ['p1', 'p2', 'p3']) await slow.through(needing([key], 10 * MB), undefined);
    ran = [];
    await slow.through(needing(['p3'], 10 * MB), undefined);
    await slow.through(needing(['p1'], 10 * MB), undefined);
    assert.deepEqual(ran, ['p1']);
  });

  it('drops results nobody came for', async () => {
    const impatient = await slow.through(
      needing(['late'], undefined, async () => sleep(20)),
      1,
    );
    assert.equal(impatient, 'slow');
    await sleep(60);
    now += 11 * 60 * 1000;
    await slow.through(needing(['other']), undefined);
    ran = [];
    await slow.through(needing(['late']), undefined);
    assert.deepEqual(ran, ['late']);
  });

  it('goes on with work that took too long: the message finds it done when it comes again', async () => {
    const work = async (): Promise<string> => {
      await sleep(40);
      return 'done';
    };
    assert.equal(await slow.through(needing(['x'], undefined, work), 1), 'slow');
    assert.equal(await slow.through(needing(['x'], undefined, work), undefined), 'done');
    assert.deepEqual(ran, ['x']);
  });

  it('two copies of a message share what is running', async () => {
    const work = async (): Promise<string> => {
      await sleep(20);
      return 'one';
    };
    const both = await Promise.all([1, 2].map(() => slow.through(needing(['x'], undefined, work), undefined)));
    assert.deepEqual(both, ['one', 'one']);
    assert.ok(ran.length <= 2);
  });

  it('what fails is told, and is run anew the next time', async () => {
    let broken = true;
    const work = async (key: string): Promise<string> => {
      if (broken) throw new Error('no room on the disk');
      return key;
    };
    await assert.rejects(slow.through(needing(['x'], undefined, work), undefined), /no room on the disk/);
    broken = false;
    assert.equal(await slow.through(needing(['x'], undefined, work), undefined), 'x');
  });

  it('a transaction that never has enough ends', async () => {
    let n = 0;
    const insatiable = async (): Promise<never> => {
      n += 1;
      throw new WorkNeeded(`k${n}`, async () => n);
    };
    await assert.rejects(slow.through(insatiable, undefined), /more than 400 rounds/);
  });
});
