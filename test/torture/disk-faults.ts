/** The shim that makes a disk full or unable to sync: compiled once, preloaded into the processes under torture. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface DiskFaults {
  /** Environment of a process whose files with `folder` in their path can fail as the file `control` says. */
  environment(control: string, folder: string): Readonly<Record<string, string>>;
  remove(): void;
}

/** @returns what is wrong instead, where it cannot be compiled: there is no C compiler or this is no Linux. */
export function compileDiskFaults(): DiskFaults | string {
  if (process.platform !== 'linux') return 'disk faults need Linux';
  const folder = mkdtempSync(join(tmpdir(), 'moorage-disk-faults-'));
  const library = join(folder, 'disk-faults.so');
  const source = fileURLToPath(new URL('disk-faults.c', import.meta.url));
  const run = spawnSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, source, '-ldl'], { encoding: 'utf8' });
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (run.status !== 0) {
    remove();
    return run.error ? 'there is no C compiler' : `the C compiler says: ${run.stderr.split('\n')[0] ?? ''}`;
  }
  return {
    environment: (control, inPath) => ({ LD_PRELOAD: library, TORTURE_DISK: control, TORTURE_FOLDER: inPath }),
    remove,
  };
}

/** Sets or ends the fault of the processes that were started with this control file. */
export function setDisk(control: string, how: 'full' | 'sync' | 'well'): void {
  writeFileSync(control, how === 'well' ? '' : how);
}
