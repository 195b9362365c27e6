/** A rate kept up for long while memory and files are watched: does a server that is never restarted stay the size it is? */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rssKbOf } from '../proc.js';
import { growth } from './flatness.js';
import { collectedHeaps, heapProbe } from './heap-probe.js';
import type { LoadOptions } from './options.js';
import { runLines } from './report.js';
import { openSite, type Site } from './site.js';
import { watch } from './watch.js';

const SAMPLE_MS = 10_000;
const SAMPLES_A_LINE = 6;
const DEFAULT_RATE = 20;
/** Memory that the line through the samples lets rise by less than this share in the whole time is called flat. */
const FLAT_SHARE = 0.1;
const MB = 1024 * 1024;

interface Sample {
  readonly minutes: number;
  /** Of each server process, MB. */
  readonly rss: readonly number[];
  /** JavaScript heap of each after a collection, MB; empty when it was not asked for. */
  readonly heap: readonly number[];
  /** The store's files, MB. */
  readonly database: number;
  readonly log: number;
}

const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size / MB : 0);
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

async function sampleOf(site: Site, began: number, heapFolder: string | undefined): Promise<Sample> {
  const heap = heapFolder === undefined ? [] : await collectedHeaps(site.pids(), heapFolder);
  return {
    minutes: (performance.now() - began) / 60_000,
    rss: site.pids().map((pid) => rssKbOf(pid) / 1024),
    heap: heap.map((bytes) => bytes / MB),
    database: sizeOf(join(site.folder, 'moorage.db')),
    log: sizeOf(join(site.folder, 'moorage.db-wal')),
  };
}

function lineOf({ minutes, rss, heap, database, log }: Sample): string {
  const list = (all: readonly number[]): string => all.map((one) => one.toFixed(1)).join(' + ');
  const heaps = heap.length === 0 ? '' : `, heap ${list(heap)} MB`;
  return `  ${minutes.toFixed(1).padStart(6)} min: RSS ${list(rss)} MB${heaps}, database ${database.toFixed(1)} MB, log ${log.toFixed(1)} MB`;
}

/** @returns false when something rises. */
function printVerdict(samples: readonly Sample[]): boolean {
  const shareOf = (of: (sample: Sample) => number): number => growth(samples.map((one) => ({ minutes: one.minutes, value: of(one) })));
  const shares: (readonly [string, number])[] = [['resident memory', shareOf(({ rss }) => sum(rss))]];
  if (samples[0]?.heap.length !== 0) shares.push(['heap after collection', shareOf(({ heap }) => sum(heap))]);
  for (const [name, share] of shares)
    console.log(
      `${name}: ${(share * 100).toFixed(1)} % more at the end by the line through the samples: ${share < FLAT_SHARE ? 'flat' : 'RISES'}`,
    );
  return shares.every(([, share]) => share < FLAT_SHARE);
}

/** Prints a line a minute, then the verdict. Sets the exit code to 1 when memory rises or something acknowledged is missing. */
export async function soak(options: LoadOptions): Promise<void> {
  const { soakMinutes, rate = DEFAULT_RATE, devices, processes, mix } = options;
  const heapFolder = options.heap ? mkdtempSync(join(tmpdir(), 'moorage-heap-')) : undefined;
  const probe = heapFolder === undefined ? undefined : heapProbe(heapFolder);
  console.log(`soak: ${soakMinutes} minutes, ${rate} sessions/s, ${devices} devices, ${processes} processes, mix ${JSON.stringify(mix)}`);
  try {
    const node = probe ? [...options.node, probe.node] : options.node;
    await using site = await openSite({ ...options, node }, { env: probe?.env ?? {} });
    const stop = watch(new Map(site.pids().map((pid, at) => [`server ${at + 1}`, pid])));
    const began = performance.now();
    const running = site.generator.run({ rate, seconds: soakMinutes * 60, mix });
    const ended = running.then(
      () => true,
      () => true,
    );
    const samples: Sample[] = [];
    do {
      const sample = await sampleOf(site, began, heapFolder);
      if (samples.length % SAMPLES_A_LINE === 0) console.log(lineOf(sample));
      samples.push(sample);
    } while (!(await Promise.race([ended, sleep(SAMPLE_MS).then(() => false)])));
    for (const line of runLines(await running, stop())) console.log(line);
    for (const last of samples.slice(-1)) console.log(lineOf(last));
    const flat = printVerdict(samples);
    const { wrong, accounts, cards } = await site.generator.verify(options.verify);
    console.log(`checked: ${accounts} accounts, ${cards} cards as acknowledged, wrong: ${wrong.length}`);
    for (const one of wrong) console.log(`  ${one}`);
    if (wrong.length > 0 || !flat) process.exitCode = 1;
  } finally {
    if (heapFolder !== undefined) rmSync(heapFolder, { recursive: true, force: true });
  }
}
