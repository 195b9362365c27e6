/** Copies of files, broken in every way doctor knows: it names it, and mends it where that is promised. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READERS } from '../../src/doctor/examine.js';
import { checkOf, type CheckName } from '../../src/storage/ports/checks.js';
import { CHUNK_BYTES } from '../../src/storage/ports/copies.js';
import type { Finding } from '../../src/storage/ports/inspection.js';
import { CopyClient } from '../storage/support/copy-client.js';
import { noise } from '../storage/support/noise.js';
import { AGES, DAY, NOW, richStore, type Rich } from './support/rich-store.js';

const K = CHUNK_BYTES;
const one = noise('one', 5 * K);
const two = Buffer.concat([noise('two', K), one.subarray(K)]);
const half = Buffer.concat([noise('half', K), two.subarray(K)]);

interface Scene {
  readonly rich: Rich;
  readonly client: CopyClient;
  /** Pack files by the generation that wrote them. */
  readonly packs: readonly string[];
}

interface Damage {
  readonly what: string;
  readonly break: (scene: Scene) => string | void;
  readonly check: CheckName;
  /** All that is found. */
  readonly rules: readonly string[];
  readonly mended: boolean;
  /** Generations that are still whole. */
  readonly whole?: readonly (1 | 2)[];
}

const flip = (path: string, at: number): void => {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
};

const DAMAGES: readonly Damage[] = [
  {
    what: 'a generation that does not open',
    break: () => 'UPDATE copy_generation SET sealed = zeroblob(60) WHERE number = 1',
    check: 'copies',
    rules: ['copy-generation'],
    mended: false,
    whole: [2],
  },
  {
    what: 'a generation whose row says something else',
    break: () => 'UPDATE copy_generation SET size = size - 1 WHERE number = 2',
    check: 'copies',
    rules: ['copy-generation'],
    mended: false,
    whole: [1],
  },
  {
    what: 'a chunk’s row is missing',
    break: () => 'DELETE FROM copy_chunk WHERE idx = 0 AND generation = 2',
    check: 'copies',
    rules: ['copy-generation', 'copy-pack-count'],
    mended: false,
    whole: [1],
  },
  {
    what: 'an older chunk’s row in the place of a newer one',
    break: () =>
      `UPDATE copy_chunk SET (written_for, pack, at, length, hash) = (SELECT o.written_for, o.pack, o.at, o.length, o.hash FROM copy_chunk o
       WHERE o.idx = 0 AND o.generation = 1) WHERE idx = 0 AND generation = 2`,
    check: 'copies',
    rules: ['copy-generation', 'copy-pack-count'],
    mended: false,
    whole: [1],
  },
  {
    what: 'a copy whose name does not open',
    break: () => 'UPDATE copy SET sealed = zeroblob(60)',
    check: 'copies',
    rules: ['copy-record'],
    mended: false,
    whole: [1, 2],
  },
  {
    what: 'a pack that is not noted',
    break: () => 'DELETE FROM copy_pack WHERE id = 1',
    check: 'copies',
    rules: ['copy-draft', 'copy-generation', 'copy-pack-noted'],
    mended: false,
  },
  {
    what: 'a pack that is missing',
    break: ({ packs: [first = ''] }) => rmSync(first),
    check: 'copy-packs',
    rules: ['copy-pack'],
    mended: false,
  },
  {
    what: 'a pack that is cut short',
    break: ({ packs: [, second = ''] }) => truncateSync(second, 100),
    check: 'copy-packs',
    rules: ['copy-pack'],
    mended: false,
    whole: [1],
  },
  {
    what: 'a pack of a location that is not configured',
    break: () => `UPDATE copy_pack SET name = 'gone' || substr(name, 6) WHERE id = 2`,
    check: 'copy-packs',
    rules: ['copy-pack'],
    mended: false,
    whole: [1],
  },
  {
    what: 'a chunk with a flipped bit',
    break: ({ packs: [, second = ''] }) => flip(second, 500),
    check: 'copy-packs',
    rules: ['copy-bytes'],
    mended: false,
    whole: [1],
  },
  {
    what: 'a draft that does not open',
    break: () => 'UPDATE copy_draft SET sealed = zeroblob(60)',
    check: 'copy-drafts',
    rules: ['copy-draft'],
    mended: true,
    whole: [1, 2],
  },
  {
    what: 'a draft that lacks a chunk',
    break: () => 'DELETE FROM copy_chunk WHERE generation = 3',
    check: 'copy-drafts',
    rules: ['copy-draft', 'copy-pack-count'],
    mended: true,
    whole: [1, 2],
  },
  {
    what: 'a pack said to be free that is not',
    break: () => 'UPDATE copy_pack SET live_chunks = 0, live_bytes = 0, free_since = 1',
    check: 'copy-totals',
    rules: ['copy-pack-count', 'sweep'],
    mended: true,
    whole: [1, 2],
  },
  {
    what: 'a count that is too high',
    break: () => 'UPDATE copy_pack SET live_chunks = live_chunks + 1',
    check: 'copy-totals',
    rules: ['copy-pack-count'],
    mended: true,
    whole: [1, 2],
  },
  {
    what: 'a number that would be given out again',
    break: () => 'UPDATE copy SET last_number = 1',
    check: 'counters',
    rules: ['copy-number'],
    mended: true,
    whole: [1, 2],
  },
];

const rulesIn = (findings: readonly Finding[]): readonly string[] => [...new Set(findings.map(({ at }) => at.rule))].sort();

async function scene(): Promise<Scene> {
  const rich = await richStore();
  const client = await CopyClient.create(rich.temp.store, rich.account, rich.device, 'contacts.db');
  await client.full(one, 1);
  const packs = [packFiles(rich)].flat();
  await client.change(two, 2);
  const second = packFiles(rich).find((path) => !packs.includes(path)) ?? '';
  const draft = await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', NOW));
  await client.step({ ...draft, updatedAt: NOW }, half, [0]);
  return { rich, client, packs: [...packs, second] };
}

const packFiles = (rich: Rich): string[] =>
  readdirSync(join(rich.temp.folder, 'packs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name));

describe('doctor: copies of files', () => {
  it('R61: finds nothing where all is in order, and looks at every generation and chunk', async () => {
    const { rich } = await scene();
    assert.deepEqual(await rich.examine(), []);
    const { checks } = await rich.temp.store.inspect({ now: NOW, ages: AGES, readers: READERS, depth: 'full', surroundings: false });
    const looked = (name: CheckName) => checks.find(({ check }) => check === name)?.looked ?? 0;
    // A record, two generations, packs noted; two packs of generations and the draft's, six chunks.
    assert.deepEqual([looked('copies'), looked('copy-packs'), looked('copy-drafts'), looked('copy-totals')], [4, 3 + 6, 1, 1]);
    await rich.close();
  });

  for (const damage of DAMAGES) {
    it(`${damage.check}: ${damage.what}`, async () => {
      const made = await scene();
      const { rich, client } = made;
      try {
        const sql = damage.break(made);
        if (typeof sql === 'string') rich.damage(sql);
        const found = await rich.examine();
        assert.deepEqual(rulesIn(found), damage.rules, found.map(({ what }) => what).join('\n'));
        assert.ok(found.some(({ check }) => check === damage.check));
        for (const { what, next } of found) assert.ok(what !== '' && next !== '');
        for (let round = 0, left = found; left.some(({ repair }) => repair !== undefined) && round < 4; round += 1) {
          await rich.temp.store.mend(left, { now: NOW, ages: AGES, readers: READERS });
          left = await rich.examine();
        }
        const left = await rich.examine();
        if (damage.mended) assert.deepEqual(left, []);
        else assert.ok(left.some(({ check }) => check === damage.check));
        assert.equal(checkOf(damage.check).repair !== undefined, damage.mended);
        for (const number of damage.whole ?? [])
          assert.ok((await client.file(number)).equals(number === 1 ? one : two), `generation ${number}`);
      } finally {
        await rich.close();
      }
    });
  }

  it('overdue: a draft nobody goes on with, and a pack no row names, are swept', async () => {
    const { rich, client } = await scene();
    await client.within((copies) => copies.openDraft(client.copy, 2, 'changes', NOW - 9 * DAY));
    assert.deepEqual(rulesIn(await rich.examine()), ['sweep']);
    await rich.temp.store.mend(await rich.examine(), { now: NOW, ages: AGES, readers: READERS });
    assert.deepEqual(await rich.examine(), []);
    assert.equal(await client.within((copies) => copies.draft(client.copy)), undefined);
    assert.ok((await client.file(2)).equals(two));
    await rich.close();
  });
});
