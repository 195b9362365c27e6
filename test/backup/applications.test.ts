/**
 * Databases of applications, made and changed by SQLite's own command line (and by Python's) while the agent backs them up: whatever they did, what comes
 * back is the same. MOORAGE_SEED repeats a run, MOORAGE_ROUNDS makes it longer.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, type AddOptions, type JobReport } from '../../src/agent/agent.js';
import { startServer, type Server } from '../support/server.js';
import { APPLICATIONS } from './support/application-schemas.js';
import { has, hasSqlite3 } from './support/phone-database.js';
import { randomEdits } from './support/random-edits.js';
import { ask, dump, must, run } from './support/sqlite-cli.js';

const SEED = Number(process.env['MOORAGE_SEED'] ?? Date.now() % 1_000_000);
const ROUNDS = Number(process.env['MOORAGE_ROUNDS'] ?? 3);
const EDITS = 45;
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
describe(`backup: databases of applications, seed ${SEED}`, function () {
  this.timeout(120_000);
  let server: Server;
  let folder: string;
  let agent: Agent;
  let other: Agent;
  before(async function () {
    if (!hasSqlite3) return this.skip();
    server = await startServer('anna', 'secret');
    folder = mkdtempSync(join(tmpdir(), 'moorage-applications-'));
    agent = Agent.open({ state: join(folder, 'state'), device: 'agent:phone' });
    other = Agent.open({ state: join(folder, 'other'), device: 'agent:new-phone' });
  });
  after(async () => {
    if (!hasSqlite3) return;
    agent.close();
    other.close();
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const add = (name: string, more: Partial<AddOptions> = {}): Promise<string> =>
    agent.add({ path: join(folder, name), server: server.url, user: 'anna', password: 'secret', ...more });
  const backup = async (name: string, edits = ''): Promise<JobReport> => {
    const [report] = await agent.backup({ names: [name] });
    assert.ok(report?.outcome === 'done' || report?.outcome === 'unchanged', `${JSON.stringify(report)}\n${edits}`);
    return report;
  };
  /** On another device. */
  const restored = async (name: string, generation?: number): Promise<string> => {
    const out = join(folder, `out-${name}`);
    const of = { file: name, server: server.url, user: 'anna', password: 'secret', overwrite: true };
    await other.restore({ out, ...of, from: agent.device, ...(generation === undefined ? {} : { generation }) });
    return out;
  };
  const assertSame = async (name: string, way: 'logical' | 'exact', edits: string): Promise<void> => {
    const out = await restored(name);
    assert.equal(await ask(out, 'PRAGMA integrity_check'), 'ok\n', edits);
    if (way === 'exact') assert.equal(sha256(out), sha256(join(folder, name)), edits);
    else assert.equal(await dump(out), await dump(join(folder, name)), edits);
  };

  for (const [i, { what, sql, way: able, round }] of APPLICATIONS.entries()) {
    for (const way of able === 'logical' && i % 2 === 0 ? (['logical', 'exact'] as const) : ([able] as const)) {
      it(`R2, R4, R18, R28, R57, R58: ${what}, ${way}`, async () => {
        const name = `app${i}-${way}.db`;
        const path = join(folder, name);
        await must(path, sql);
        await add(name, way === 'exact' && able === 'logical' ? { way } : {});
        await backup(name);
        // Told by the first receipt; nobody had to know.
        const [status] = agent.status().filter((file) => file.name === name);
        assert.equal(status?.exactOnly !== undefined, able === 'exact', status?.exactOnly);
        const kept: { readonly generation: number; readonly dump: string }[] = [];
        for (let n = 1; n <= ROUNDS; n += 1) {
          const edits = [...(await randomEdits(path, EDITS, SEED + i * 100 + n)), round?.(n) ?? ''].join(';\n');
          await run(path, `${edits};\n`);
          const report = await backup(name, edits);
          assert.equal(report.outcome, 'done', edits);
          assert.match(report.sentAs ?? '', way === 'exact' ? /^pages\// : /^changes\//, edits);
          await assertSame(name, way, edits);
          kept.push({ generation: report.generation ?? 0, dump: await dump(path) });
        }
        // What was kept before is what it was.
        const [first] = kept;
        assert.equal(await dump(await restored(name, first?.generation)), first?.dump);
      });
    }
  }

  for (const way of ['logical', 'exact'] as const) {
    it(`R46: a file in write-ahead mode that Python holds open and writes to, ${way}`, async function () {
      if (!has('python3')) return this.skip();
      const name = `python-${way}.db`;
      const path = join(folder, name);
      const python = await Python.open(path);
      try {
        await python.execute('PRAGMA journal_mode = WAL');
        await python.execute('CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, at REAL)');
        for (let id = 1; id <= 200; id += 1) await python.execute(`INSERT INTO notes VALUES (${id}, 'Note ${id}', ${id}.25)`);
        await add(name, { way });
        assert.equal((await backup(name)).sentAs, '.');
        for (let n = 1; n <= ROUNDS; n += 1) {
          const edits = await randomEdits(path, EDITS, SEED + n);
          for (const one of edits) await python.execute(one);
          await backup(name, edits.join(';\n'));
          assert.equal(await dump(await restored(name)), await dump(path), edits.join(';\n'));
        }
        // A transaction that is open has not happened yet.
        const settled = await dump(path);
        for (const one of ['BEGIN', "UPDATE notes SET text = 'not yet'", 'DELETE FROM notes WHERE id < 50']) await python.execute(one);
        await backup(name);
        assert.equal(await dump(await restored(name)), settled);
        await python.execute('ROLLBACK');
      } finally {
        await python.close();
      }
    });
  }

  it('R64: nothing of a database can be read where it is kept, nor in the log: no row, no table, no statement', async () => {
    const path = join(folder, 'secret.db');
    await must(
      path,
      `CREATE TABLE zebra_table (id INTEGER PRIMARY KEY, zebra_column TEXT); INSERT INTO zebra_table VALUES (1, 'zebra first');`,
    );
    await add('secret.db');
    await backup('secret.db');
    await must(
      path,
      `CREATE INDEX zebra_index ON zebra_table (zebra_column); INSERT INTO zebra_table VALUES (2, 'zebra second'), (3, '${'zebra '.repeat(5000)}');`,
    );
    await backup('secret.db');
    const files = readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length > 3);
    const needles = [Buffer.from('zebra'), Buffer.from('zebra', 'utf16le'), Buffer.from('emVicm'), Buffer.from('7a65627261')];
    for (const { parentPath, name } of files) {
      const bytes = readFileSync(join(parentPath, name));
      for (const needle of needles) assert.equal(bytes.indexOf(needle), -1, `${name} holds ${needle.toString('latin1')}`);
    }
    assert.ok(!server.log.includes('zebra'), 'the log');
  });

  it('R3, R4: a repository of Fossil, which Fossil works with before and after', async function () {
    if (!has('fossil')) return this.skip();
    const repository = join(folder, 'project.fossil');
    const fossil = (...args: readonly string[]): string => {
      const done = spawnSync('fossil', args, { encoding: 'utf8', env: { ...process.env, HOME: folder, USER: 'anna' } });
      assert.equal(done.status, 0, done.stderr);
      return done.stdout;
    };
    fossil('new', repository);
    await add('project.fossil');
    await backup('project.fossil');
    for (let n = 1; n <= ROUNDS; n += 1) {
      fossil('wiki', 'create', `Page ${n}`, '/dev/null', '-R', repository);
      fossil('user', 'new', `user${n}`, 'contact', 'pass', '-R', repository);
      await backup('project.fossil');
      const out = await restored('project.fossil');
      assert.equal(await dump(out), await dump(repository));
      assert.match(fossil('user', 'list', '-R', out), new RegExp(`user${n}`));
    }
    fossil('test-integrity', '-R', await restored('project.fossil'));
  });
});

/** A statement a line, in JSON; one that fails changes nothing. */
const PYTHON = `import sqlite3, sys, json
c = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
print('ready', flush=True)
for line in sys.stdin:
    try:
        c.execute(json.loads(line)).fetchall()
    except sqlite3.Error:
        pass
    print('done', flush=True)
`;

/** Python's sqlite3, which keeps its connection open. */
class Python {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: Interface) {
    this.#child = child;
    this.#answers = lines[Symbol.asyncIterator]();
  }

  static async open(path: string): Promise<Python> {
    const child = spawn('python3', ['-c', PYTHON, path], { stdio: ['pipe', 'pipe', 'inherit'] });
    const python = new Python(child, createInterface(child.stdout));
    await python.#answers.next();
    return python;
  }

  async execute(sql: string): Promise<void> {
    this.#child.stdin?.write(`${JSON.stringify(sql)}\n`);
    assert.equal((await this.#answers.next()).value, 'done');
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
