/** What clients are let off with by default, and not in strict mode: each with both answers, and its name in the log. */
import assert from 'node:assert/strict';
import { LENIENCIES, type LeniencyName } from '../../src/model/leniency.js';
import { Bench } from './support/bench.js';
import { DEVIATIONS } from './support/deviations.js';

describe('exchange: leniencies', () => {
  for (const name of Object.keys(LENIENCIES) as LeniencyName[]) {
    const { settings, play, lenient, strict } = DEVIATIONS[name];
    for (const mode of ['lenient', 'strict'] as const) {
      it(`${name}, ${mode}: ${mode === 'strict' ? strict : lenient}`, async () => {
        const bench = await Bench.open({ ...settings, strict: mode === 'strict' });
        try {
          assert.equal(await play(bench), mode === 'strict' ? strict : lenient);
          const told = bench.told.flatMap((log) => (log[mode === 'strict' ? 'deviations' : 'leniencies'] ?? []) as string[]);
          assert.deepEqual([...new Set(told)], [name]);
        } finally {
          await bench.close();
        }
      });
    }
  }
});
