/**
 * What a copy of a 200 MB file costs the store: the first full one, an update of 15 chunks, reading it all. The content is half text that compresses and half
 * bytes that do not, chunk by chunk. CPU is that of the whole process, its threads too; `held up` is the longest the event loop had to wait.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { AccountId, CopyId } from '../src/model/ids.js';
import { Keyring } from '../src/sealing/keyring.js';
import { masterKeyId } from '../src/sealing/master-key.js';
import { CHUNK_BYTES, HOME_LOCATION, type Chunk, type ChunkRef } from '../src/storage/ports/copies.js';
import type { Store } from '../src/storage/ports/store.js';
import { openSqliteStore } from '../src/storage/sqlite/sqlite-store.js';

const MB = 1e6;
const FILE_BYTES = 200 * MB;
const CHUNKS = Math.ceil(FILE_BYTES / CHUNK_BYTES);
const UPDATE_CHUNKS = 15;
const UPDATES = 50;
/** Chunks whose refs are read, and whose bytes are fetched, at a time. */
const SLICE = 256;
const MEDIA = 'application/vnd.sqlite3';
const FACTS = { at: 1, way: 'exact', media: MEDIA, flags: [], job: '', facts: '{}' } as const;

interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
  readonly heldUpMs: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // A delay is seen by a timer that was set before it.
  await pause(5);
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  // The last turn counts too: its timer has yet to fire.
  await pause(5);
  delay.disable();
  return { ms, cpuMs: (user + system) / 1000, heldUpMs: Math.max(0, delay.max / 1e6 - 1) };
}

const say = (what: string, { ms, cpuMs, heldUpMs }: Cost, bytes?: number): void => {
  const rate =
    bytes === undefined
      ? ''
      : `, ${(bytes / MB / (ms / 1000)).toFixed(0)} MB/s, ${(bytes / MB / (cpuMs / 1000)).toFixed(0)} MB a CPU second`;
  console.log(`${what}: ${ms.toFixed(1)} ms, CPU ${cpuMs.toFixed(0)} ms${rate}, event loop held up ${heldUpMs.toFixed(1)} ms at most`);
};

/** Words and numbers in the odd chunks, photographs in the even ones. */
const noise = randomBytes(1 << 20);
const words = Buffer.from(
  Array.from(
    { length: 40_000 },
    (_, n) => ['Anna', 'Berg', '+49 170 ', 'Street', 'home', 'work'][(n * 7919) % 6] + String((n * 104_729) % 9973),
  ).join(' '),
);
function chunk(index: number, version = 0): Chunk {
  const from = index % 2 === 0 ? noise : words;
  const at = ((index * 4099 + version * 131) * 7) % (from.length - CHUNK_BYTES);
  const bytes = Buffer.from(from.subarray(at, at + Math.min(CHUNK_BYTES, FILE_BYTES - index * CHUNK_BYTES)));
  bytes.writeUInt32BE(index * 64 + version, 0);
  return { index, bytes };
}

function* chunks(): Generator<Chunk> {
  for (let index = 0; index < CHUNKS; index += 1) yield chunk(index);
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export async function copiesBench(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'moorage-bench-'));
  const key = randomBytes(32);
  const keyring = new Keyring({ keys: [{ id: masterKeyId(key), key }] });
  const store = await openSqliteStore({ folder, keyring, clock: Date.now });
  try {
    const place = await prepare(store);
    say('nothing, for comparison', await costOf(() => pause(1000)));
    await full(place);
    await updates(place, folder);
    await whole(place);
    await drops(place);
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly store: Store;
  readonly account: AccountId;
  readonly copy: CopyId;
}

function prepare(store: Store): Promise<Place> {
  return store.transact(async (tx) => {
    const { id } = await tx.accounts.create('bench', { verifier: 'v', serverVerifier: 's', serverId: 'i' }, 1);
    const account = tx.account(id);
    const device = await account.devices.create('IMEI:1', 1);
    const facts = { media: MEDIA, way: 'exact', method: 'incremental', location: HOME_LOCATION } as const;
    const copy = await account.copies.create(device.id, 'contacts.db', facts, 1);
    return { store, account: id, copy: copy.id };
  });
}

async function full({ store, account, copy }: Place): Promise<void> {
  let refs: readonly ChunkRef[] = [];
  const draft = await store.transact((tx) => tx.account(account).copies.openDraft(copy, undefined, 'full', 1));
  say(
    `write ${FILE_BYTES / MB} MB`,
    await costOf(async () => {
      refs = await store.copies.write(account, { id: copy, location: HOME_LOCATION }, draft.number, chunks());
    }),
    FILE_BYTES,
  );
  say(
    `${CHUNKS} rows in one transaction`,
    await costOf(() =>
      store.transact(async (tx) => {
        const { copies } = tx.account(account);
        await copies.saveDraft(copy, { ...draft, size: FILE_BYTES }, refs);
        await copies.commit(copy, { ...FACTS, modification: 1 }, 'incremental');
      }),
    ),
  );
  const stored = await store.read((tx) => tx.account(account).copies.storedBytes());
  console.log(`stored: ${(stored / MB).toFixed(1)} MB`);
}

async function updates({ store, account, copy }: Place, folder: string): Promise<void> {
  const before = await bytesBelow(folder);
  const parts: Readonly<Record<'read' | 'write' | 'step' | 'commit', number[]>> = { read: [], write: [], step: [], commit: [] };
  const timed = async <T>(part: number[], work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const answer = await work();
    part.push(performance.now() - began);
    return answer;
  };
  const cost = await costOf(async () => {
    for (let n = 1; n <= UPDATES; n += 1) {
      const indices = Array.from({ length: UPDATE_CHUNKS }, (_, each) => (each * 853 + n * 311) % CHUNKS);
      const draft = await store.transact(async (tx) => {
        const { copies } = tx.account(account);
        return copies.openDraft(copy, (await copies.newest(copy))?.number, 'changes', n);
      });
      await timed(parts.read, async () => {
        const refs = await store.read((tx) => tx.account(account).copies.chunks(copy, draft.number, indices));
        await store.copies.read(account, copy, refs);
      });
      const refs = await timed(parts.write, () =>
        store.copies.write(
          account,
          { id: copy, location: HOME_LOCATION },
          draft.number,
          indices.map((index) => chunk(index, n)),
        ),
      );
      await store.transact((tx) => timed(parts.step, () => tx.account(account).copies.saveDraft(copy, draft, refs)));
      await timed(parts.commit, () =>
        store.transact((tx) => tx.account(account).copies.commit(copy, { ...FACTS, modification: n + 1 }, 'incremental')),
      );
    }
  });
  const grown = (await bytesBelow(folder)) - before;
  console.log(
    `update of ${UPDATE_CHUNKS} chunks: ${(cost.ms / UPDATES).toFixed(1)} ms and ${(grown / UPDATES / 1000).toFixed(0)} kB written ` +
      `(read ${median(parts.read).toFixed(2)}, write ${median(parts.write).toFixed(2)}, saveDraft ${median(parts.step).toFixed(2)}, ` +
      `commit with fsync ${median(parts.commit).toFixed(2)} ms); CPU ${(cost.cpuMs / UPDATES).toFixed(1)} ms`,
  );
}

async function whole({ store, account, copy }: Place): Promise<void> {
  const newest = await store.read((tx) => tx.account(account).copies.newest(copy));
  const number = newest?.number ?? 0;
  say(
    'refs of all chunks, checked against their sum',
    await costOf(() => store.read((tx) => tx.account(account).copies.chunks(copy, number))),
  );
  say(
    `read ${FILE_BYTES / MB} MB`,
    await costOf(async () => {
      const hash = createHash('sha256');
      for (let from = 0; from < CHUNKS; from += SLICE) {
        const indices = Array.from({ length: Math.min(SLICE, CHUNKS - from) }, (_, each) => from + each);
        const refs = await store.read((tx) => tx.account(account).copies.chunks(copy, number, indices));
        for (const bytes of await store.copies.read(account, copy, refs)) hash.update(bytes);
      }
    }),
    FILE_BYTES,
  );
}

async function drops({ store, account, copy }: Place): Promise<void> {
  const { numbers } = await store.read(async (tx) => ({
    numbers: (await tx.account(account).copies.generations(copy)).map(({ number }) => number),
  }));
  const times: number[] = [];
  for (const number of numbers.slice(0, 20)) {
    const began = performance.now();
    await store.transact((tx) => tx.account(account).copies.drop(copy, number));
    times.push(performance.now() - began);
  }
  console.log(`drop the oldest generation: ${median(times).toFixed(1)} ms`);
}

async function bytesBelow(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  return bytes;
}
