/**
 * `npm run phones -- [runs] [seed] [path]`: the property of `phones.test.ts` for longer. A failure prints its seed and path; with both, `runs` is 1
 * and the same case is played again.
 */
import { echoProperty } from './echoes.js';

const [runs = '500', seed, path] = process.argv.slice(2);
const started = Date.now();
const chosen = seed === undefined ? started & 0x7fffffff : Number(seed);
console.log(`${runs} runs, seed ${chosen}`);
await echoProperty({ numRuns: Number(runs), seed: chosen, ...(path === undefined ? {} : { path }) });
console.log(`nothing found in ${((Date.now() - started) / 1000).toFixed(0)} s`);
