import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CHUNK_BYTES } from '../../../src/storage/ports/copies.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { tempStore, type TempStore } from '../../support/temp-store.js';
import { settle } from '../contract/setting.js';
import { chunkOf, CopyClient, indicesOf } from '../support/copy-client.js';
import { MemoryObjects } from '../support/memory-objects.js';
import { noise } from '../support/noise.js';

/**
 * Any sequence of drafts, steps, commits, drops and sweeps, against files in memory: a draft is a copy of its base's bytes, a
 * generation a copy of its draft's.
 */
const MAX_CHUNKS = 9;
const HOUR = 60 * 60 * 1000;
const LIMITS: SweepLimits = {
  endedSessionAge: HOUR,
  openSessionAge: HOUR,
  openSyncAge: HOUR,
  versionAge: HOUR,
  conflictAge: HOUR,
  refusalAge: HOUR,
  orphanBlobAge: HOUR,
  draftAge: 1000 * HOUR,
};

type Command =
  | { readonly kind: 'open'; readonly full: boolean; readonly base: number }
  | { readonly kind: 'step'; readonly chunks: number; readonly tail: number; readonly touched: readonly number[] }
  | { readonly kind: 'commit' | 'dropDraft' | 'sweep' }
  | { readonly kind: 'drop'; readonly which: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('open' as const), full: fc.boolean(), base: fc.nat(20) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      chunks: fc.nat(MAX_CHUNKS),
      tail: fc.integer({ min: 1, max: CHUNK_BYTES }),
      touched: fc.array(fc.nat(MAX_CHUNKS - 1), { maxLength: 4 }),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'dropDraft' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(20) }) },
);

class Run {
  readonly #opened: TempStore;
  readonly #client: CopyClient;
  readonly #objects: MemoryObjects;
  readonly #clock: { now: number };
  readonly #files = new Map<number, Buffer>();
  #draft: { readonly number: number; file: Buffer } | undefined;
  #modification = 0;
  #label = 0;

  private constructor(opened: TempStore, client: CopyClient, objects: MemoryObjects, clock: { now: number }) {
    this.#opened = opened;
    this.#client = client;
    this.#objects = objects;
    this.#clock = clock;
  }

  static async begin(): Promise<Run> {
    const clock = { now: 1_000_000_000 };
    const objects = new MemoryObjects(() => clock.now);
    const opened = await tempStore({ clock: () => clock.now, locations: new Map([['nas', objects]]) });
    const { account, device } = await settle(opened.store);
    return new Run(opened, await CopyClient.create(opened.store, account, device, 'a.db', 'nas'), objects, clock);
  }

  async perform(one: Command): Promise<void> {
    const { copy } = this.#client;
    const numbers = [...this.#files.keys()];
    switch (one.kind) {
      case 'open': {
        const base = one.full ? undefined : numbers[one.base % Math.max(1, numbers.length)];
        const draft = await this.#client.within((copies) => copies.openDraft(copy, base, base === undefined ? 'full' : 'changes', 1));
        this.#draft = { number: draft.number, file: base === undefined ? Buffer.alloc(0) : (this.#files.get(base) as Buffer) };
        return;
      }
      case 'step': {
        const draft = await this.#client.within((copies) => copies.draft(copy));
        assert.equal(draft?.number, this.#draft?.number);
        if (this.#draft === undefined || draft === undefined) return;
        const before = this.#draft.file;
        const after = this.#changed(before, one);
        const changed = indicesOf(after).filter((index) => !chunkOf(after, index).equals(chunkOf(before, index)));
        await this.#client.step(draft, after, changed);
        this.#draft.file = after;
        return;
      }
      case 'commit': {
        if (this.#draft === undefined) return;
        this.#modification += 1;
        const { number } = await this.#client.commit(this.#modification);
        assert.equal(number, this.#draft.number);
        this.#files.set(number, this.#draft.file);
        this.#draft = undefined;
        return;
      }
      case 'dropDraft':
        await this.#client.within((copies) => copies.dropDraft(copy));
        this.#draft = undefined;
        return;
      case 'drop': {
        const number = numbers[one.which % Math.max(1, numbers.length)];
        if (number === undefined || number === numbers.at(-1)) return;
        await this.#client.within((copies) => copies.drop(copy, number));
        this.#files.delete(number);
        return;
      }
      case 'sweep':
        this.#clock.now += HOUR + 1;
        await this.#opened.store.sweep(this.#clock.now, LIMITS);
        return;
    }
  }

  /** Every generation, and the draft, is the file it should be; the counted bytes are those of its chunks. */
  async check(): Promise<void> {
    const all = [...this.#files, ...(this.#draft === undefined ? [] : [[this.#draft.number, this.#draft.file] as const])];
    assert.deepEqual(
      (await this.#client.within((copies) => copies.generations(this.#client.copy))).map(({ number }) => number),
      [...this.#files.keys()],
    );
    const chunks = new Map<string, number>();
    for (const [number, file] of all) {
      assert.ok((await this.#client.file(number)).equals(file), `generation ${number}`);
      const refs = await this.#client.within((copies) => copies.chunks(this.#client.copy, number));
      for (const { pack, offset, length } of refs) chunks.set(`${pack} ${offset}`, length);
    }
    const live = [...chunks.values()].reduce((sum, length) => sum + length, 0);
    const stored = await this.#client.within((copies) => copies.storedBytes());
    assert.ok(stored >= live, `${stored} are counted, ${live} are in use`);
    this.#stored = { stored, live };
  }
  #stored = { stored: 0, live: 0 };

  /** Once all but the newest are dropped nothing of the others is left, in rows or packs. */
  async finish(): Promise<void> {
    await this.perform({ kind: 'dropDraft' });
    for (const number of [...this.#files.keys()].slice(0, -1)) {
      await this.#client.within((copies) => copies.drop(this.#client.copy, number));
      this.#files.delete(number);
    }
    await this.check();
    assert.equal(this.#stored.stored, this.#stored.live);
    for (let n = 0; n < 3; n += 1) await this.perform({ kind: 'sweep' });
    await this.check();
    if (this.#stored.live === 0) assert.equal(this.#objects.size, 0);
  }

  close(): Promise<void> {
    return this.#opened.close();
  }

  #changed(before: Buffer, { chunks, tail, touched }: Extract<Command, { kind: 'step' }>): Buffer {
    const size = chunks === 0 ? 0 : (chunks - 1) * CHUNK_BYTES + tail;
    this.#label += 1;
    const after = noise(`grown ${this.#label}`, size);
    before.copy(after);
    for (const index of touched) {
      this.#label += 1;
      if (index * CHUNK_BYTES < size)
        noise(`${this.#label}`, Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES)).copy(after, index * CHUNK_BYTES);
    }
    return after;
  }
}

describe('copies: any sequence of drafts, steps, commits, drops and sweeps', () => {
  it('R52, R66: leaves every generation the file it was, and nothing else behind', async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40, size: 'max' }), async (commands) => {
        const run = await Run.begin();
        try {
          for (const [n, one] of commands.entries()) {
            await run.perform(one);
            if (n % 4 === 3) await run.check();
          }
          await run.finish();
        } finally {
          await run.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
