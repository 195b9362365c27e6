/**
 * `npm run bench` runs all benchmarks; `npm run bench -- codec formats exchange storage copies devicedb backup agent matching peer load` those named.
 * `peer` takes sizes: `peer=1000,10000`; so do `matching`, and `devicedb`, `backup` and `agent` in MB;
 * what stands behind the names and begins with a dash is for `load`: see `npm run bench -- load --help`.
 * They print figures to compare within one run; none of them passes or fails.
 */
import { agentBench } from './agent.js';
import { backupBench } from './backup.js';
import { codecBench } from './codec.js';
import { copiesBench } from './copies.js';
import { devicedbBench } from './devicedb.js';
import { exchangeBench } from './exchange.js';
import { formatsBench } from './formats/formats.js';
import { loadBench } from './load/load.js';
import { loadOptions } from './load/options.js';
import { matchingBench } from './matching.js';
import { peerBench } from './peer.js';
import { storageBench } from './storage.js';

const DEFAULT_SIZES = [1000, 10_000];

const args = process.argv.slice(2);
const optionsAt = args.findIndex((arg) => arg.startsWith('-'));
const named = optionsAt < 0 ? args : args.slice(0, optionsAt);
const options = optionsAt < 0 ? [] : args.slice(optionsAt);

const benches: Readonly<Record<string, (argument: string | undefined) => Promise<unknown>>> = {
  codec: () => codecBench(),
  formats: () => formatsBench(),
  exchange: () => exchangeBench(),
  storage: async () => {
    for (const { name, value, unit } of await storageBench()) console.log(`${name}: ${value.toFixed(value < 100 ? 1 : 0)} ${unit}`);
  },
  copies: () => copiesBench(),
  devicedb: (sizes) => devicedbBench(sizes?.split(',').map(Number)),
  backup: (sizes) => backupBench(sizes?.split(',').map(Number)),
  agent: (sizes) => agentBench(sizes?.split(',').map(Number)),
  peer: (sizes) => peerBench({ sizes: sizes === undefined ? DEFAULT_SIZES : sizes.split(',').map(Number) }),
  matching: (sizes) => matchingBench(sizes?.split(',').map(Number)),
  load: () => loadBench(loadOptions(options)),
};

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
