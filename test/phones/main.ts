/**
 * `npm run phones -- contacts|events|tasks|notes [runs] [seed] [path]`: the properties of `phones.test.ts` for longer. A failure prints its seed and path;
 * with both the same case is played again.
 */
import { echoProperty, KINDS } from './echoes.js';

const [kind = 'contacts', runs = '500', seed, path] = process.argv.slice(2);
if (!(kind in KINDS)) throw new Error(`no kind ${kind}: there are ${Object.keys(KINDS).join(', ')}`);
const started = Date.now();
const chosen = seed === undefined ? started & 0x7fffffff : Number(seed);
console.log(`${kind}, ${runs} runs, seed ${chosen}`);
await echoProperty(kind as keyof typeof KINDS, { numRuns: Number(runs), seed: chosen, ...(path === undefined ? {} : { path }) });
console.log(`nothing found in ${((Date.now() - started) / 1000).toFixed(0)} s`);
