/** The JavaScript heap of a server under soak, read from outside: on SIGUSR2 it collects garbage and writes what is left to a file of its own. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Between asking for the garbage to be collected and reading what is left, ms. */
const COLLECT_MS = 1000;
const FOLDER = 'MOORAGE_HEAP_FOLDER';

/** What the server's process loads first. As text, because the built server has no TypeScript loader. */
const PROBE = `
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
process.on('SIGUSR2', () => {
  collect();
  writeFileSync(process.env.${FOLDER} + '/' + process.pid, String(process.memoryUsage().heapUsed));
});
`;

/** Option of node and environment for a server whose heap is to be read, with a folder for what it writes. */
export const heapProbe = (folder: string): { readonly node: string; readonly env: Readonly<Record<string, string>> } => ({
  node: `--import=data:text/javascript,${encodeURIComponent(PROBE)}`,
  env: { [FOLDER]: folder },
});

/** Bytes of heap in use in each process after a collection. */
export async function collectedHeaps(pids: readonly number[], folder: string): Promise<readonly number[]> {
  for (const pid of pids) process.kill(pid, 'SIGUSR2');
  await sleep(COLLECT_MS);
  return readdirSync(folder).map((name) => Number(readFileSync(join(folder, name), 'utf8')));
}
