/**
 * Moorage beside SyncEvolution's own server: the same unmodified client, the same cards, one step after the other on both. The built
 * server is measured (`npm run build` first).
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer } from '../test/support/server.js';
import { Device, type Mode, type SyncReport } from '../test/syncevolution/device.js';
import { missingTools } from '../test/syncevolution/tools.js';
import { card } from './peer-cards.js';
import { measure, type Usage } from './peer-measure.js';
import { SyncEvolutionServer, whyNoSyncEvolutionServer } from './peer-syncevolution.js';

const USER = 'bench';
const PASSWORD = 'bench';
const DEVICES = ['full', 'twin', 'blank'] as const;
type DeviceName = (typeof DEVICES)[number];

interface Step {
  readonly name: string;
  readonly device: DeviceName;
  readonly mode: Mode;
}

const STEPS: readonly Step[] = [
  { name: 'slow sync to an empty server', device: 'full', mode: 'slow' },
  { name: 'slow sync, same items on both sides', device: 'twin', mode: 'slow' },
  { name: 'slow sync to an empty client', device: 'blank', mode: 'slow' },
  { name: 'two-way, nothing changed', device: 'full', mode: 'two-way' },
];

interface Peer {
  readonly url: string;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

async function openMoorage(): Promise<Peer> {
  const server = await startServer(USER, PASSWORD);
  return { url: server.url, pids: [Number(server.pid)], stop: () => server.remove() };
}

async function openSyncEvolution(root: string): Promise<Peer> {
  const folder = join(root, 'server');
  mkdirSync(folder);
  return SyncEvolutionServer.start(folder, DEVICES, USER, PASSWORD);
}

/** All steps against one server with `size` cards. @throws {Error} when a step fails or leaves a device with other than `size` cards. */
async function run(open: (root: string) => Promise<Peer>, size: number): Promise<readonly Usage[]> {
  const root = mkdtempSync(join(tmpdir(), 'moorage-peer-'));
  const peer = await open(root);
  try {
    const settings = { url: peer.url, user: USER, password: PASSWORD, retryInterval: 300, retryDuration: 900 };
    const devices = new Map(DEVICES.map((name) => [name, new Device(root, name, settings)]));
    for (const name of ['full', 'twin'] as const) {
      for (let n = 0; n < size; n += 1) devices.get(name)?.put('contacts', `card-${n}`, card(n));
    }
    const usages: Usage[] = [];
    for (const step of STEPS) {
      const device = devices.get(step.device);
      if (device === undefined) continue;
      const { result, usage } = await measure<SyncReport>(peer.pids, () => device.sync(step.mode));
      if (result.exitCode !== 0) throw new Error(`${step.name}: exit ${result.exitCode}\n${result.text}`);
      const held = device.items('contacts').size;
      if (held !== size) throw new Error(`${step.name}: the device holds ${held} cards, expected ${size}\n${result.text}`);
      usages.push({ ...usage, wallMs: result.ms });
    }
    return usages;
  } finally {
    await peer.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

const HEAD = ['step', 'server', 'CPU ms', 'CPU ms/item', 'peak RSS MB', 'wall ms'];

function row(name: string, server: string, size: number, usage: Usage): string {
  const cells = [usage.cpuMs, (usage.cpuMs / size).toFixed(3), usage.peakRssMb, usage.wallMs];
  return [name.padEnd(36), server.padEnd(13), ...cells.map((cell, at) => String(cell).padStart(HEAD[at + 2]?.length ?? 0))].join(' | ');
}

/** How many times as much the second server used. */
function ratio(own: Usage, other: Usage): string {
  const times = (a: number, b: number): string => (b / Math.max(a, 1)).toFixed(2);
  const { cpuMs, peakRssMb, wallMs } = own;
  return `${' '.repeat(36)} | SyncEvolution uses ${times(cpuMs, other.cpuMs)} x the CPU, ${times(peakRssMb, other.peakRssMb)} x the memory, ${times(wallMs, other.wallMs)} x the time`;
}

/**
 * Prints server CPU, memory and wall time of four kinds of sync for each number of cards, with SyncEvolution's server beside it where
 * this machine can run it. The wall time is that of the client process: start, session and end.
 */
export async function peerBench(options: { readonly sizes: readonly number[] }): Promise<void> {
  const missing = missingTools();
  if (missing.length > 0) {
    console.log(`peer: not measured, this machine has no ${missing.join(', no ')}`);
    return;
  }
  const why = whyNoSyncEvolutionServer();
  if (why !== undefined) console.log(`peer: Moorage alone, SyncEvolution's server cannot run here: ${why}`);
  for (const size of options.sizes) {
    const own = await run(openMoorage, size);
    const other = why === undefined ? await run(openSyncEvolution, size) : [];
    console.log(`\npeer: ${size} cards, WBXML, SyncEvolution as the client`);
    console.log([HEAD[0]?.padEnd(36), HEAD[1]?.padEnd(13), ...HEAD.slice(2)].join(' | '));
    for (const [at, { name }] of STEPS.entries()) {
      const [mine, theirs] = [own[at], other[at]];
      if (mine !== undefined) console.log(row(name, 'Moorage', size, mine));
      if (theirs !== undefined) console.log(row('', 'SyncEvolution', size, theirs));
      if (mine !== undefined && theirs !== undefined) console.log(ratio(mine, theirs));
    }
  }
}
