/**
 * Backs up into one copy, backup after backup, and ends itself with SIGKILL at one of the points where it writes to the disk: before or after the
 * `point`th call that makes, fills, syncs, renames or removes a file, SQLite's commits among them. Says the modification of each generation that
 * was acknowledged on a line of its own; ends by itself when all are made, and says how many points there were.
 */
import fsp, { type FileHandle } from 'node:fs/promises';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { AccountId, CopyId, DeviceId } from '../../../src/model/ids.js';
import type { SweepLimits } from '../../../src/storage/ports/store.js';
import { CopyClient } from './copy-client.js';
import { fileAt, LAST_MODIFICATION } from './copy-script.js';
import { keyringOf } from './open.js';

export interface CopyWriterInput {
  readonly folder: string;
  readonly key: string;
  readonly account: AccountId;
  readonly device: DeviceId;
  readonly copy: CopyId;
  readonly point: number;
  readonly when: 'before' | 'after';
}

const input = JSON.parse(process.argv[2] ?? '') as CopyWriterInput;
let points = -Infinity;

async function counted<T>(work: () => Promise<T>): Promise<T> {
  points += 1;
  const here = points === input.point;
  if (here && input.when === 'before') process.kill(process.pid, 'SIGKILL');
  const answer = await work();
  if (here) process.kill(process.pid, 'SIGKILL');
  return answer;
}

type Call = (...args: never[]) => Promise<unknown>;
function count(on: object, names: readonly string[]): void {
  const calls = on as Record<string, Call>;
  for (const name of names) {
    const plain = calls[name];
    if (plain !== undefined) calls[name] = (...args) => counted(() => plain.apply(on, args));
  }
}

const open = fsp.open.bind(fsp);
fsp.open = async (...args: Parameters<typeof open>): Promise<FileHandle> => {
  const handle = await counted(() => open(...args));
  count(handle, ['writeFile', 'sync', 'datasync']);
  return handle;
};
count(fsp, ['rename', 'unlink', 'mkdir', 'utimes']);
// The log is synced by descriptor.
for (const name of ['fsync', 'fdatasync'] as const) {
  const plain = fs[name];
  const patched = (fd: number, done: (error: NodeJS.ErrnoException | null) => void): void => {
    void counted(() => new Promise<NodeJS.ErrnoException | null>((resolve) => plain(fd, resolve))).then(done);
  };
  fs[name] = patched as (typeof fs)[typeof name];
}
syncBuiltinESMExports();

const { openSqliteStore } = await import('../../../src/storage/sqlite/sqlite-store.js');
const HOUR = 60 * 60 * 1000;
let now = Date.now();
const clock = () => now;
const store = await openSqliteStore({ folder: input.folder, keyring: keyringOf(input.key), clock });
const client = new CopyClient(store, input.account, input.device, input.copy);
const LIMITS: SweepLimits = {
  endedSessionAge: HOUR,
  openSessionAge: HOUR,
  openSyncAge: HOUR,
  versionAge: HOUR,
  conflictAge: HOUR,
  refusalAge: HOUR,
  orphanBlobAge: HOUR,
  draftAge: HOUR,
};

points = 0;
for (let modification = 1; modification <= LAST_MODIFICATION; modification += 1) {
  const made = await (modification === 1 ? client.full(fileAt(1), 1) : client.change(fileAt(modification), modification));
  process.stdout.write(`${modification}\n`);
  for (const { number } of await client.within((copies) => copies.generations(input.copy)))
    if (number < made.number - 1) await client.within((copies) => copies.drop(input.copy, number));
  now += 2 * HOUR;
  await store.sweep(now, LIMITS);
}
await store.close();
process.stdout.write(`points ${points}\n`);
