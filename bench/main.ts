/**
 * `npm run bench` runs all benchmarks; `npm run bench -- codec storage peer` those named. `peer` takes sizes: `peer=1000,10000`.
 * They print figures to compare within one run; none of them passes or fails.
 */
import { codecBench } from './codec.js';
import { peerBench } from './peer.js';
import { storageBench } from './storage.js';

const DEFAULT_SIZES = [1000, 10_000];

const benches: Readonly<Record<string, (argument: string | undefined) => Promise<unknown>>> = {
  codec: () => codecBench(),
  storage: async () => {
    for (const { name, value, unit } of await storageBench()) console.log(`${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}`);
  },
  peer: (sizes) => peerBench({ sizes: sizes === undefined ? DEFAULT_SIZES : sizes.split(',').map(Number) }),
};

const named = process.argv.slice(2);
const wanted = named.length > 0 ? named : Object.keys(benches);
for (const one of wanted) {
  const [name = '', argument] = one.split('=');
  const bench = benches[name];
  if (!bench) {
    console.error(`There is no benchmark "${name}". There are: ${Object.keys(benches).join(', ')}.`);
    process.exitCode = 2;
    break;
  }
  console.log(`\n== ${name} ==`);
  await bench(argument);
}
