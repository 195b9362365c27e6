/**
 * What a device pays for its backups: the agent in a process of its own, against a server of its own, for a database of 10 and of 200 MB in rows of 1 kB. The first
 * backup, nothing changed, a change that came to nothing, and 15 rows changed all over the table. CPU is the agent's, its looks at the file included. Needs dist
 * (`npm run build`) and Linux (/proc).
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DatabaseSync } from '@photostructure/sqlite';
import type { JobReport } from '../src/agent/agent.js';
import { startServer } from '../test/support/server.js';

const DEFAULT_MB = [10, 200];
const ROW_BYTES = 1000;
const CHANGED_TIMES = 3;
const MB = 1e6;
const AGENT = new URL('../dist/agent/agent.js', import.meta.url).href;
/** One backup by the built agent, measured in its own process, which has nothing else in it. Arguments: state folder, then `path=server` of a file to add. */
const PROCESS = `
import { readFileSync } from 'node:fs';
import { Agent } from ${JSON.stringify(AGENT)};
const [, state, file] = process.argv;
// Its own, and that of the processes that look at files and have ended.
const cpuMs = () => readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ').slice(11, 15).reduce((sum, ticks) => sum + ticks * 10, 0);
const agent = Agent.open({ state });
if (file) await agent.add({ path: file.split('=')[0], server: file.split('=')[1], user: 'anna', password: 'secret' });
const before = { cpuMs: cpuMs(), at: performance.now() };
const [report] = await agent.backup({});
const cost = { cpuMs: cpuMs() - before.cpuMs, ms: performance.now() - before.at };
agent.close();
console.log(JSON.stringify({ ...cost, peakKb: process.resourceUsage().maxRSS, report }));
`;

interface Cost {
  readonly cpuMs: number;
  readonly ms: number;
  readonly peakKb: number;
  readonly report: JobReport;
}

export async function agentBench(sizes: readonly number[] = DEFAULT_MB): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-bench-'));
  const server = await startServer('anna', 'secret');
  try {
    for (const mb of sizes) {
      const path = join(folder, `${mb}.db`);
      const rows = makeDatabase(path, mb);
      const label = `${(statSync(path).size / MB).toFixed(0)} MB, ${rows} rows`;
      const state = join(folder, `state-${mb}`);
      const run = async (what: string, outcome: JobReport['outcome'], ...add: readonly string[]): Promise<void> => {
        const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', PROCESS, state, ...add], {
          maxBuffer: 1 << 24,
        });
        const cost = JSON.parse(stdout) as Cost;
        if (cost.report.outcome !== outcome) throw new Error(stdout);
        say(`${label}, ${what}`, cost);
      };
      await run('first backup', 'done', `${path}=${server.url}`);
      await run('nothing changed', 'unchanged');
      // One after the other: SQLite does not write what is the same.
      withDatabase(path, (db) => db.exec('UPDATE item SET at = 1 WHERE id = 7; UPDATE item SET at = 7000 WHERE id = 7'));
      await run('changed and changed back', 'unchanged');
      for (let n = 1; n <= CHANGED_TIMES; n += 1) {
        withDatabase(path, (db) => fifteen(db, rows, n));
        await run('15 rows', 'done');
      }
      const bytes = statSync(join(state, 'agent.db'), { throwIfNoEntry: false })?.size;
      if (bytes !== undefined) console.log(`${label}: the state folder has ${(bytes / MB).toFixed(1)} MB`);
    }
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

function say(what: string, { cpuMs, ms, peakKb, report }: Cost): void {
  console.log(
    `${what}: agent CPU ${cpuMs} ms, ${(ms / 1000).toFixed(2)} s in all, peak ${(peakKb / 1000).toFixed(0)} MB, the application was held up ${report.lockedMs} ms, sent ${report.sent} bytes`,
  );
}

function withDatabase(path: string, work: (db: InstanceType<typeof DatabaseSync>) => void): void {
  const db = new DatabaseSync(path);
  work(db);
  db.close();
}

/** @returns rows. */
function makeDatabase(path: string, mb: number): number {
  const rows = Math.floor((mb * MB) / ROW_BYTES);
  withDatabase(path, (db) => {
    db.exec(
      'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, at INTEGER, value REAL, note TEXT, content BLOB); CREATE INDEX item_name ON item (name); BEGIN',
    );
    const insert = db.prepare('INSERT INTO item VALUES (?, ?, ?, ?, ?, randomblob(600))');
    for (let id = 1; id <= rows; id += 1)
      insert.run(id, `name ${(id * 7919) % rows}`, id * 1000, id / 7, `Line ${(id * 104_729) % 1009} of it. `.repeat(12));
    db.exec('COMMIT');
  });
  return rows;
}

/** Five added, five changed, five removed, all over the table. */
function fifteen(db: InstanceType<typeof DatabaseSync>, rows: number, n: number): void {
  db.exec('BEGIN');
  for (let i = 0; i < 5; i += 1) {
    const at = 1 + ((n * 17 + Math.floor((i * rows) / 5)) % rows);
    db.exec(
      `DELETE FROM item WHERE id = ${at}; UPDATE item SET name = 'changed ${n}' WHERE id = ${at + 1}; INSERT INTO item (name, note) VALUES ('new ${n} ${i}', 'more')`,
    );
  }
  db.exec('COMMIT');
}
