/**
 * Backups of a device's database of 1, 10, 50 and 200 MB from end to end: the built server in a process of its own, the agent as its client, over HTTP. What the
 * server needs for the first full backup, for 15 changed rows, and for a restore; beside it, the naive way on the same file (backup-naive.ts). And what a
 * day of 13 changes costs on the wire. Needs dist (`npm run build`) and Linux (/proc).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { Agent, type JobReport } from '../src/agent/agent.js';
import { startServer, type Server } from '../test/support/server.js';
import { cpuMsOf } from './proc.js';

const DEFAULT_MB = [1, 10, 50, 200];
const UPDATES = 10;
const MB = 1e6;
/** A photograph, which does not compress, and a text, which does. */
const PHOTO_BYTES = 2500;
const TEXT_BYTES = 1500;
/**
 * Loaded into the server: how long its event loop was held up between one SIGUSR2 and the next, written to a file. To look once a millisecond takes 15 ms of CPU a
 * second, so it is left alone where CPU is counted in milliseconds.
 */
const PROBE = `
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';
if (isMainThread) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let looking = false;
  process.on('SIGUSR2', () => {
    looking = !looking;
    if (looking) {
      delays.reset();
      delays.enable();
      return;
    }
    delays.disable();
    const [p50, p99, max] = [delays.percentile(50), delays.percentile(99), delays.max].map((ns) => Math.max(0, ns / 1e6 - 1));
    writeFileSync(process.env.MOORAGE_BENCH_DELAYS, JSON.stringify({ p50, p99, max }));
  });
}`;
const NAIVE = fileURLToPath(new URL('backup-naive.ts', import.meta.url));
/** For the server to come to rest after a job. */
const REST_MS = 300;

interface Cost {
  readonly ms: number;
  readonly cpuMs: number;
  /** The most there was in memory, kB. */
  readonly peakKb: number;
  /** Bytes of files, the wire's not counted. */
  readonly read: number;
  readonly written: number;
  /** Of the event loop, ms; where it was looked at. */
  readonly delay?: { readonly p50: number; readonly p99: number; readonly max: number };
}

export async function backupBench(sizes: readonly number[] = DEFAULT_MB): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-'));
  const delays = join(folder, 'delays');
  const server = await startServer('anna', 'secret', {
    env: { MOORAGE_BENCH_DELAYS: delays },
    nodeOptions: ['--import', `data:text/javascript,${encodeURIComponent(PROBE)}`],
  });
  const agent = Agent.open({ state: join(folder, 'state') });
  const bench: Bench = { folder, server, agent, delays };
  try {
    for (const mb of sizes) await oneSize(bench, mb);
    await oneDay(bench);
  } finally {
    agent.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly folder: string;
  readonly server: Server;
  readonly agent: Agent;
  readonly delays: string;
}

async function oneSize(bench: Bench, mb: number): Promise<void> {
  const { agent, server, folder } = bench;
  const name = `${mb}.db`;
  const path = join(folder, name);
  const rows = makeDatabase(path, mb);
  const size = statSync(path).size;
  const label = `${(size / MB).toFixed(0)} MB`;
  await agent.add({ path, server: server.url, user: 'anna', password: 'secret' });
  let report: JobReport | undefined;
  const first = await costOf(
    bench,
    async () => {
      report = await backup(agent, name);
      return report;
    },
    true,
  );
  say(`${label}, first full backup`, first, size);
  console.log(`  on the wire: ${kB(report?.sent ?? 0)} sent; the application was held up ${report?.lockedMs ?? 0} ms`);
  // What the first backup left in memory is not the updates' doing.
  await server.stop();
  await server.start();
  const costs: Cost[] = [];
  let wire = 0;
  for (let n = 1; n <= UPDATES; n += 1) {
    fifteen(path, rows, n);
    costs.push(
      await costOf(bench, async () => {
        report = await backup(agent, name);
        wire += report.sent + report.received;
        return report;
      }),
    );
  }
  const mean = (of: (cost: Cost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0) / UPDATES;
  console.log(
    `${label}, 15 rows (mean of ${UPDATES}): server CPU ${mean((c) => c.cpuMs).toFixed(0)} ms (the first ${costs[0]?.cpuMs ?? 0}, the median ${median(costs.map((c) => c.cpuMs))}), read ${kB(mean((c) => c.read))}, written ${kB(mean((c) => c.written))}, ` +
      `peak ${kB(Math.max(...costs.map((c) => c.peakKb)) * 1024)}, on the wire ${kB(wire / UPDATES)}, ` +
      `whole job ${mean((c) => c.ms).toFixed(0)} ms, agent's look included`,
  );
  const naive = spawnSync(process.execPath, ['--import', 'tsx', NAIVE, path, String(rows)], { encoding: 'utf8', maxBuffer: 1 << 20 });
  if (naive.status === 0) {
    const told = JSON.parse(naive.stdout) as { cpuMs: number; read: number; written: number; rssKb: number };
    console.log(
      `${label}, 15 rows, the naive way: CPU ${told.cpuMs.toFixed(0)} ms, read ${kB(told.read)}, written ${kB(told.written)}, peak ${kB(told.rssKb * 1024)}`,
    );
  } else console.log(`${label}, the naive way: ${naive.stderr.trim().split('\n').at(-1) ?? ''}`);
  const out = join(folder, 'out.db');
  const restore = await costOf(bench, () => agent.restore({ out, file: name, server: server.url, user: 'anna', overwrite: true }), true);
  say(`${label}, full restore`, restore, size);
  rmSync(out);
  rmSync(path);
}

async function oneDay({ agent, server, folder }: Bench): Promise<void> {
  for (const [what, mb, way] of [
    ['300 small records', 0, 'logical'],
    ['300 small records', 0, 'exact'],
    ['10 MB', 10, 'logical'],
    ['10 MB', 10, 'exact'],
  ] as const) {
    const name = `day-${mb}-${way}.db`;
    const path = join(folder, name);
    const rows = makeDatabase(path, mb);
    await agent.add({ path, server: server.url, user: 'anna', password: 'secret', way });
    const full = await backup(agent, name);
    const db = new DatabaseSync(path);
    for (let i = 0; i < 5; i += 1) db.exec(`INSERT INTO contacts (name, number) VALUES ('Added ${i}', '+49 30 ${i}')`);
    for (let i = 0; i < 3; i += 1) db.exec(`DELETE FROM contacts WHERE id = ${11 + i * Math.floor(rows / 4)}`);
    for (let i = 0; i < 5; i += 1) db.exec(`UPDATE contacts SET name = 'Changed ${i}' WHERE id = ${5 + i * Math.floor(rows / 6)}`);
    db.close();
    const day = await backup(agent, name);
    const all = day.sent + day.received;
    console.log(
      `a day of 13 changes, ${what}, ${way}: ${kB(day.sent)} sent, ${kB(day.received)} received, ${((100 * all) / (full.sent + full.received)).toFixed(2)} % of the first backup (${kB(full.sent)})`,
    );
  }
}

async function backup(agent: Agent, name: string): Promise<JobReport> {
  const [report] = await agent.backup({ names: [name] });
  if (report?.outcome !== 'done') throw new Error(JSON.stringify(report));
  return report;
}

/** What the server's process needed for it. */
async function costOf(
  { server, delays }: Bench,
  work: () => Promise<{ readonly received: number; readonly sent?: number }>,
  looksAtLoop = false,
): Promise<Cost> {
  const pid = server.pid ?? 0;
  await sleep(REST_MS);
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  if (looksAtLoop) process.kill(pid, 'SIGUSR2');
  await sleep(REST_MS);
  const before = { cpu: cpuMsOf(pid) ?? 0, ...filesOf(pid) };
  const began = performance.now();
  const { received, sent = 0 } = await work();
  const ms = performance.now() - began;
  const after = { cpu: cpuMsOf(pid) ?? 0, ...filesOf(pid) };
  const peakKb = Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  if (looksAtLoop) process.kill(pid, 'SIGUSR2');
  await sleep(REST_MS);
  return {
    ms,
    cpuMs: after.cpu - before.cpu,
    peakKb,
    read: Math.max(0, after.read - before.read - sent),
    written: Math.max(0, after.written - before.written - received),
    ...(looksAtLoop ? { delay: JSON.parse(readFileSync(delays, 'utf8')) as NonNullable<Cost['delay']> } : {}),
  };
}

/** Bytes of all reads and writes, sockets too. */
function filesOf(pid: number): { readonly read: number; readonly written: number } {
  const text = readFileSync(`/proc/${pid}/io`, 'utf8');
  return { read: Number(/^rchar: (\d+)/m.exec(text)?.[1]), written: Number(/^wchar: (\d+)/m.exec(text)?.[1]) };
}

const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1] ?? 0;

const kB = (bytes: number): string => (bytes < MB ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / MB).toFixed(1)} MB`);

function say(what: string, cost: Cost, size: number): void {
  const { p99, max } = cost.delay ?? { p99: NaN, max: NaN };
  console.log(
    `${what}: server CPU ${cost.cpuMs.toFixed(0)} ms (${(size / MB / (cost.cpuMs / 1000)).toFixed(0)} MB/s of CPU time), ${(cost.ms / 1000).toFixed(2)} s in all ` +
      `(${(size / MB / (cost.ms / 1000)).toFixed(0)} MB/s), read ${kB(cost.read)}, written ${kB(cost.written)}, peak ${kB(cost.peakKb * 1024)}, ` +
      `event loop held up p99 ${p99.toFixed(1)}, at most ${max.toFixed(0)} ms`,
  );
}

/** Contacts with an index, a photo and a text each; 300 without them for 0 MB. @returns rows. */
function makeDatabase(path: string, mb: number): number {
  const db = new DatabaseSync(path);
  db.exec(
    `CREATE TABLE contacts (id INTEGER PRIMARY KEY, name TEXT, number TEXT, note TEXT, photo BLOB); CREATE INDEX contacts_name ON contacts (name); BEGIN`,
  );
  const rows = mb === 0 ? 300 : Math.floor((mb * MB) / (PHOTO_BYTES + TEXT_BYTES + 150));
  const insert = db.prepare('INSERT INTO contacts VALUES (?, ?, ?, ?, ?)');
  const random = db.prepare('SELECT randomblob(?) AS bytes');
  for (let id = 1; id <= rows; id += 1) {
    const more =
      mb === 0
        ? [null, null]
        : [
            `Met on day ${id % 365}, wrote ${(id * 7919) % 1009} letters. `.repeat(40).slice(0, TEXT_BYTES),
            (random.get(PHOTO_BYTES) as { bytes: Uint8Array }).bytes,
          ];
    insert.run(id, `name ${(id * 7919) % rows} of a contact`, `+49171${id}`, ...more);
  }
  db.exec('COMMIT');
  db.close();
  return rows;
}

/** Five added, five changed, five removed, all over the table. */
function fifteen(path: string, rows: number, n: number): void {
  const db = new DatabaseSync(path);
  db.exec('BEGIN');
  for (let i = 0; i < 5; i += 1) {
    const at = 1 + ((n * 17 + Math.floor((i * rows) / 5)) % rows);
    db.exec(`DELETE FROM contacts WHERE id = ${at}; UPDATE contacts SET name = 'changed ${n}', number = '+1' WHERE id = ${at + 1};
      INSERT INTO contacts (name, number) VALUES ('new ${n} ${i}', '+49')`);
  }
  db.exec('COMMIT');
  db.close();
}
