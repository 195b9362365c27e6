/** `npm run backup-torture -- --minutes 10 --seed 1`: torn backups (torn.test.ts) until time is over. Exit code 1 when one was not what it had to be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { startServer } from '../support/server.js';
import { anyLife, live, newTally } from './support/torn-device.js';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '2' }, seed: { type: 'string' } } });
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const until = Date.now() + Number(values.minutes) * 60_000;
console.log(`seed ${seed}`);
const tally = newTally();
const folder = mkdtempSync(join(tmpdir(), 'moorage-torn-'));
const server = await startServer('anna', 'secret');
try {
  const property = fc.asyncProperty(anyLife, (life) => live(server, folder, life, tally));
  // One at a time: a life that has begun is played to its end.
  for (let n = 0; Date.now() < until; n += 1) {
    await fc.assert(property, { seed: seed + n, numRuns: 1, endOnFailure: true });
    console.log(JSON.stringify(tally));
  }
  const verdict = await server.command('doctor');
  if (!verdict.includes('The store is in order.')) throw new Error(verdict);
  console.log(`${JSON.stringify(tally)}: every copy was its device's, the store is in order`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // What was not as it had to be; the message has only what was played.
  if (error instanceof Error && error.cause !== undefined) console.error(error.cause);
  process.exitCode = 1;
} finally {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}
