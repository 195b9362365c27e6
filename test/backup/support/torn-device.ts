/**
 * One device whose backups are torn: its link is cut at any byte, its agent and the server are killed with SIGKILL. What is done with it is a list of
 * steps, so that a failure can be made smaller and told.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Agent } from '../../../src/agent/agent.js';
import type { Server } from '../../support/server.js';
import { CutProxy, type Cut } from './cut-proxy.js';
import { PhoneDatabase } from './phone-database.js';
import { randomEdits } from './random-edits.js';
import { dump, must, run } from './sqlite-cli.js';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
/** As the agent's commands end when the same command goes on. */
const TRY_AGAIN = 75;
const TRIES = 30;

/** What happens in the middle of a backup. */
export type Fault = ({ readonly kind: 'cut' } & Cut) | { readonly kind: 'agent killed' | 'server killed'; readonly afterMs: number };

export interface Day {
  /** Numbers the random edits follow from. */
  readonly edits: { readonly count: number; readonly seed: number };
  /** Of {@link DDL}. */
  readonly ddl: readonly number[];
  readonly faults: readonly Fault[];
}

export interface Life {
  /** Of {@link TABLES}: at least one. */
  readonly tables: readonly number[];
  readonly way: 'logical' | 'exact';
  readonly form: 'batch' | 'records';
  readonly journal: 'DELETE' | 'WAL';
  readonly days: readonly Day[];
}

const fill = (table: string, values: string): string =>
  `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO ${table} SELECT ${values} FROM n;`;
export const TABLES = [
  `CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, n INT, b BLOB); ${fill('a', `i, 'T' || i, i, randomblob(700)`)}`,
  `CREATE TABLE b (k TEXT PRIMARY KEY, v) WITHOUT ROWID; ${fill('b', `'k' || i, i * 1.5`)}`,
  `CREATE TABLE c (x, y TEXT); ${fill('c', `i, 'y' || i`)}`,
  `CREATE TABLE d (id INTEGER PRIMARY KEY AUTOINCREMENT, u TEXT UNIQUE, r REAL, g AS (u || r)); ${fill('d', `NULL, 'u' || i, i`).replace('INTO d', 'INTO d (id, u, r)')}`,
  `CREATE TABLE e (p INT, q TEXT COLLATE NOCASE, z BLOB, PRIMARY KEY (q, p DESC)) WITHOUT ROWID; CREATE INDEX e_z ON e (z) WHERE p > 5; ${fill('e', `i, 'Q' || i % 7, NULL`)}`,
  `CREATE TABLE f (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE f_log (what); CREATE TRIGGER f_on AFTER UPDATE ON f BEGIN INSERT INTO f_log VALUES (old.t); END; ${fill('f', `i, 't' || i`)}`,
  `CREATE VIRTUAL TABLE g USING fts4 (words); ${fill('g', `'some words ' || i`).replace('INTO g', 'INTO g (words)')}`,
] as const;
export const DDL = [
  'CREATE TABLE new1 (id INTEGER PRIMARY KEY, t TEXT NOT NULL DEFAULT 5); INSERT INTO new1 (t) VALUES (1), (2);',
  "ALTER TABLE a ADD COLUMN extra TEXT DEFAULT 'none'; UPDATE a SET extra = 1 WHERE id % 9 = 0;",
  'DROP TABLE b;',
  'CREATE INDEX c_y ON c (y, x);',
  'ALTER TABLE d RENAME COLUMN r TO rr;',
  'ALTER TABLE c RENAME TO cc;',
  'DROP TRIGGER f_on; PRAGMA user_version = 41;',
  'CREATE VIEW seen AS SELECT * FROM sqlite_schema; PRAGMA application_id = 7;',
  'DELETE FROM a; DELETE FROM d WHERE id > 10;',
  "DROP TABLE g; CREATE TABLE g (words TEXT); INSERT INTO g VALUES ('again');",
  'VACUUM;',
  "INSERT INTO g (words) VALUES ('fresh'); ANALYZE;",
  "INSERT INTO a (t, b) VALUES ('large', randomblob(300000));",
] as const;

/** Most backups are small: a cut far behind their end is none. */
const anyByte = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2500 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 30_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 400_000 }) },
);
const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), direction: fc.constantFrom('up' as const, 'down' as const), after: anyByte }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('agent killed' as const, 'server killed' as const),
      afterMs: fc.integer({ min: 0, max: 1500 }),
    }),
  },
);
const anyDay: fc.Arbitrary<Day> = fc.record({
  edits: fc.record({ count: fc.integer({ min: 1, max: 60 }), seed: fc.nat(1_000_000) }),
  ddl: fc.array(fc.nat(DDL.length - 1), { maxLength: 2 }),
  faults: fc.array(anyFault, { maxLength: 4 }),
});
export const anyLife: fc.Arbitrary<Life> = fc.record({
  tables: fc.uniqueArray(fc.nat(TABLES.length - 1), { minLength: 1, maxLength: 4 }),
  way: fc.constantFrom('logical' as const, 'logical' as const, 'exact' as const),
  form: fc.constantFrom('batch' as const, 'records' as const),
  journal: fc.constantFrom('DELETE' as const, 'WAL' as const),
  days: fc.array(anyDay, { minLength: 1, maxLength: Number(process.env['MOORAGE_DAYS'] ?? 2) }),
});

export interface Tally {
  lives: number;
  backups: number;
  cuts: number;
  agentsKilled: number;
  serversKilled: number;
  restores: number;
}

export const newTally = (): Tally => ({ lives: 0, backups: 0, cuts: 0, agentsKilled: 0, serversKilled: 0, restores: 0 });

interface Kept {
  readonly generation: number;
  readonly dump: string;
}

let lives = 0;

/** Plays a life to its end. @throws {Error} when a backup was not what the device had. */
export async function live(server: Server, folder: string, life: Life, tally: Tally): Promise<void> {
  lives += 1;
  tally.lives += 1;
  const device = new TornDevice(server, join(folder, `life${lives}`), life, tally);
  try {
    await device.begin();
    for (const day of life.days) await device.day(day);
    await device.end();
  } finally {
    device.close();
  }
}

class TornDevice {
  readonly #server: Server;
  readonly #path: string;
  readonly #life: Life;
  readonly #tally: Tally;
  readonly #proxy: CutProxy;
  readonly #kept: Kept[] = [];
  readonly #other: Agent;
  #url = '';

  constructor(server: Server, path: string, life: Life, tally: Tally) {
    this.#server = server;
    this.#path = `${path}.db`;
    this.#life = life;
    this.#tally = tally;
    this.#proxy = new CutProxy(() => Number(new URL(server.url).port));
    this.#other = Agent.open({ state: `${path}-other` });
  }

  get #file(): string {
    return this.#path.slice(this.#path.lastIndexOf('/') + 1);
  }

  get #state(): string {
    return `${this.#path}-state`;
  }

  close(): void {
    this.#tally.cuts += this.#proxy.cuts;
    this.#proxy.close();
    this.#other.close();
  }

  async begin(): Promise<void> {
    const { tables, way, form, journal } = this.#life;
    this.#url = await this.#proxy.start();
    await must(this.#path, tables.map((n) => TABLES[n] ?? '').join('\n'));
    await run(this.#path, `PRAGMA journal_mode = ${journal};`);
    const account = ['--server', this.#url, '--user', 'anna', '--password', 'secret'];
    const settings = [...(way === 'exact' ? ['--exact'] : []), '--by', form];
    const { code, said } = await this.#agent([
      'add',
      this.#path,
      ...account,
      ...settings,
      '--state',
      this.#state,
      '--device',
      `torn:${this.#file}`,
    ]);
    assert.equal(code, 0, said);
    await this.#backedUp([]);
  }

  async day({ edits, ddl, faults }: Day): Promise<void> {
    const statements = [...(await randomEdits(this.#path, edits.count, edits.seed)), ...ddl.map((n) => DDL[n] ?? '')].join(';\n');
    await run(this.#path, `${statements};\n`);
    await this.#backedUp(faults);
  }

  /** The newest generation was looked at day by day; now those before it. */
  async end(): Promise<void> {
    for (const { generation, dump: was } of this.#kept.slice(0, -1).slice(-3)) {
      assert.equal(await dump(await this.#restored(generation)), was, `generation ${generation} is not what it was`);
    }
    const verified = await this.#server.command(
      'backup',
      'verify',
      this.#file,
      '--user',
      'anna',
      '--device',
      `torn:${this.#file}`,
      '--all',
    );
    for (const line of verified.trim().split('\n')) assert.match(line, /: whole$/);
  }

  async #backedUp(faults: readonly Fault[]): Promise<void> {
    const waiting = [...faults];
    let outcome = { code: -1, said: '' };
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      outcome = await this.#attempt(waiting.shift());
      if (outcome.code === 0 && waiting.length === 0) break;
      assert.ok([0, TRY_AGAIN, -1].includes(outcome.code), outcome.said);
    }
    this.#proxy.plan(undefined);
    assert.equal(outcome.code, 0, outcome.said);
    this.#tally.backups += 1;
    const generations = await this.#generations();
    const newest = generations.at(-1);
    const device = new PhoneDatabase('', readFileSync(this.#path));
    try {
      const was = await dump(this.#path);
      const out = await this.#restored();
      // sqlite3's .dump follows the order of the schema's rows, which a table made anew changes: lines are compared, and with them the digest.
      assert.equal(sorted(await dump(out)), sorted(was));
      if (newest?.way === 'exact' && this.#life.journal !== 'WAL') assert.equal(sha256(out), sha256(this.#path));
      if (newest?.way === 'logical' && this.#life.journal !== 'WAL') assert.equal(newest.digest, device.digest());
      this.#kept.push({ generation: newest?.number ?? 0, dump: await dump(out) });
    } finally {
      device.remove();
    }
  }

  async #attempt(fault: Fault | undefined): Promise<{ code: number; said: string }> {
    this.#proxy.plan(fault?.kind === 'cut' ? fault : undefined);
    const args = ['backup', '--quiet', '--state', this.#state];
    if (fault?.kind === 'agent killed') {
      this.#tally.agentsKilled += 1;
      return this.#agent(args, fault.afterMs);
    }
    if (fault?.kind !== 'server killed') return this.#agent(args);
    this.#tally.serversKilled += 1;
    const running = this.#agent(args);
    await sleep(fault.afterMs);
    await this.#server.kill();
    await this.#server.start();
    return running;
  }

  /** On another device. */
  async #restored(generation?: number): Promise<string> {
    this.#tally.restores += 1;
    const out = `${this.#path}-restored`;
    const of = {
      file: this.#file,
      server: this.#server.url,
      user: 'anna',
      password: 'secret',
      from: `torn:${this.#file}`,
      overwrite: true,
    };
    await this.#other.restore({ out, ...of, ...(generation === undefined ? {} : { generation }) });
    return out;
  }

  async #generations(): Promise<readonly { readonly number: number; readonly way: string; readonly digest: string | undefined }[]> {
    const text = await this.#server.command('backup', 'show', this.#file, '--user', 'anna', '--device', `torn:${this.#file}`, '--json');
    const { generations } = JSON.parse(text) as {
      generations: { number: number; way: string; facts: { database?: { digest: string } } }[];
    };
    return generations.map(({ number, way, facts }) => ({ number, way, digest: facts.database?.digest }));
  }

  /** `moorage agent …`, in a process of its own. Code −1: killed. */
  #agent(args: readonly string[], killAfterMs?: number): Promise<{ code: number; said: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [MAIN, 'agent', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      let said = '';
      child.stdout.on('data', (part: Buffer) => (said += part.toString('utf8')));
      child.stderr.on('data', (part: Buffer) => (said += part.toString('utf8')));
      const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      child.once('error', reject);
      child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code: code ?? -1, said });
      });
    });
  }
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const sorted = (text: string): string => text.split('\n').sort().join('\n');
