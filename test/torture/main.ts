/** `npm run torture`: see docs/reliability.md. Exit code 1 when anything failed, or when time was over before the goals were reached. */
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { compileDiskFaults, setDisk } from './disk-faults.js';
import { replay } from './replay.js';
import { saveFound } from './report.js';
import { addTally, newTally, tableOf } from './tally.js';
import type { Job, Word } from './worker.js';

interface Options {
  readonly minutes?: number;
  readonly sessions?: number;
  readonly kills?: number;
  readonly seed: number;
  readonly jobs: number;
  readonly processes: number;
  readonly replay?: string;
  readonly json?: string;
  readonly out: string;
  readonly failures: number;
  readonly progress: number;
}

const DEFAULT_MINUTES = 2;
const SHRINK_MS = 60_000;
/** Worlds of the in-process engine lie in folders of this name, wherever they are. */
const WORLD_FOLDERS = 'moorage-torture-';
const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

function whole(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is asked for');
  return value;
}
function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is asked for');
  return value;
}

const program = new Command('torture')
  .description('Simulated devices, a bad link and dying servers, until time is over or the goals are reached.')
  .option('--minutes <n>', `how long at most (${DEFAULT_MINUTES} when no goal is given either)`, positive)
  .option('--sessions <n>', 'goal: sessions of all engines together', whole)
  .option('--kills <n>', 'goal: server processes killed with SIGKILL', whole)
  .option('--seed <s>', 'what everything random follows from', whole, Date.now() % 1_000_000)
  .option('--jobs <n>', 'processes that run servers and devices within themselves', whole, 2)
  .option('--processes <n>', 'server processes on one data folder that are killed; 0: none', whole, 2)
  .option('--replay <script>', 'play one script: a file, or SEED/NUMBER')
  .option('--json <file>', 'write the figures there too')
  .option('--out <folder>', 'where failing scripts are saved', '.torture')
  .option('--progress <s>', 'seconds between two words on how far it is', positive, 5)
  .option('--failures <n>', 'stop after so many failures', whole, 3);

/** The engines and what they have told so far. */
class Run {
  readonly tally = newTally();
  readonly files: string[] = [];
  readonly #options: Options;
  readonly #scratch = mkdtempSync(join(tmpdir(), 'moorage-torture-run-'));
  readonly #began = performance.now();
  readonly #children = new Map<ChildProcess, Job['engine']>();
  #realKills = 0;
  #crashed = false;
  #timeOver = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get seconds(): number {
    return (performance.now() - this.#began) / 1000;
  }

  get failed(): boolean {
    return this.#crashed || this.files.length > 0 || !this.#reached;
  }

  async start(): Promise<void> {
    const { jobs, processes, seed } = this.#options;
    const faults = compileDiskFaults();
    if (typeof faults === 'string') console.log(`torture: a full disk and failing syncs are left out: ${faults}`);
    if (processes > 0 && !existsSync(BUILT)) throw new Error('dist/main.js does not exist: run `npm run build` first');
    const ends: Promise<void>[] = [];
    for (let n = 0; n < jobs; n += 1) {
      const control = join(this.#scratch, `disk-${n}`);
      setDisk(control, 'well');
      const env = typeof faults === 'string' ? {} : faults.environment(control, WORLD_FOLDERS);
      ends.push(this.#child({ engine: 'in-process', seed, first: n, step: jobs, processes: 0, shrinkMs: SHRINK_MS }, env));
    }
    // Scripts of their own: far behind those of the other engine.
    if (processes > 0) {
      ends.push(this.#child({ engine: 'processes', seed, first: 1_000_000, step: 1, processes, shrinkMs: SHRINK_MS }, {}));
    }
    const progress = setInterval(() => this.#progress(), this.#options.progress * 1000);
    const minutes = this.#options.minutes ?? (this.#hasGoals ? undefined : DEFAULT_MINUTES);
    const limit = minutes === undefined ? undefined : setTimeout(() => this.#over(), minutes * 60_000);
    await Promise.all(ends);
    clearInterval(progress);
    clearTimeout(limit);
    if (typeof faults !== 'string') faults.remove();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  result(): object {
    const { seed, jobs, processes } = this.#options;
    return { seed, jobs, processes, seconds: Math.round(this.seconds), ...this.tally, realKills: this.#realKills, failures: this.files };
  }

  report(): string {
    const goal = this.#reached ? '' : '\ntime was over before the goals were reached';
    const files = this.files.map((file) => `\nfailing script: ${file}`).join('');
    return `${tableOf(this.tally, this.seconds)}\nprocesses killed with SIGKILL: ${this.#realKills}${files}${goal}`;
  }

  get #hasGoals(): boolean {
    return this.#options.sessions !== undefined || this.#options.kills !== undefined;
  }

  get #sessions(): number {
    return this.tally.sessions + this.tally.settling;
  }

  get #reached(): boolean {
    const { sessions = 0, kills = 0 } = this.#options;
    return this.#sessions >= sessions && this.#realKills >= kills;
  }

  #child(job: Job, env: Readonly<Record<string, string>>): Promise<void> {
    const child = fork(WORKER, [], { execArgv: ['--import', 'tsx'], env: { ...process.env, ...env } });
    this.#children.set(child, job.engine);
    child.on('message', (word: Word) => this.#heard(job, word));
    child.send(job);
    return new Promise((resolve) => {
      child.on('exit', (code) => {
        this.#children.delete(child);
        if (code !== 0) {
          this.#crashed = true;
          console.error(`torture: the engine "${job.engine}" broke down`);
          this.#stop();
        }
        resolve();
      });
    });
  }

  #heard(job: Job, { tally, found }: Word): void {
    addTally(this.tally, tally);
    if (job.engine === 'processes') this.#realKills += tally.kills;
    if (found) {
      const file = saveFound(this.#options.out, found);
      this.files.push(file);
      console.log(`torture: ${found.detail}\n  script ${found.script.name}, shrunk ${found.shrunk}: ${file}`);
    }
    const { sessions, kills } = this.#options;
    if (this.files.length >= this.#options.failures) this.#stop();
    if (!this.#hasGoals || this.#timeOver) return;
    if (this.#reached) this.#stop();
    // An engine whose goal is reached leaves the machine to the other one.
    else if (sessions !== undefined && this.#sessions >= sessions) this.#stop('in-process');
    else if (kills !== undefined && this.#realKills >= kills) this.#stop('processes');
  }

  #over(): void {
    this.#timeOver = true;
    this.#stop();
  }

  #stop(engine?: Job['engine']): void {
    for (const [child, of] of this.#children) {
      // One that has ended in the meantime needs no telling.
      if ((engine === undefined || of === engine) && child.connected) child.send('stop', () => undefined);
    }
  }

  #progress(): void {
    const faults = Object.values(this.tally.faults).reduce((sum, n) => sum + n, 0);
    console.log(
      `torture: ${Math.round(this.seconds)} s, ${this.#sessions} sessions, ${this.tally.messages} messages, ${faults} faults, ` +
        `${this.#realKills} kills, ${this.files.length} failures`,
    );
  }
}

/** This program once more with the shim preloaded, which a process cannot do to itself. @returns its exit code. */
function withDiskFaults(): number {
  const scratch = mkdtempSync(join(tmpdir(), 'moorage-torture-run-'));
  const control = join(scratch, 'disk');
  setDisk(control, 'well');
  const faults = compileDiskFaults();
  const shim = typeof faults === 'string' ? { TORTURE_DISK: '' } : faults.environment(control, WORLD_FOLDERS);
  const run = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...process.env, ...shim },
    stdio: 'inherit',
  });
  if (typeof faults !== 'string') faults.remove();
  rmSync(scratch, { recursive: true, force: true });
  return run.status ?? 1;
}

const options = program.parse().opts<Options>();
if (options.replay !== undefined && process.env['TORTURE_DISK'] === undefined) {
  process.exitCode = withDiskFaults();
} else if (options.replay !== undefined) {
  process.exitCode = (await replay(options.replay, options.processes, process.argv.includes('--processes'), options.out)) ? 0 : 1;
} else {
  const run = new Run(options);
  console.log(`torture: seed ${options.seed}`);
  await run.start();
  console.log(run.report());
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(run.result(), undefined, 2)}\n`);
  if (run.failed) console.log(`torture: failed; again with --seed ${options.seed}`);
  process.exitCode = run.failed ? 1 : 0;
}
