/** Before every file of `npm test`, in each of mocha's processes. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { lookProcess } from '../../src/agent/detect/looker.js';

// `npm test` builds first: what is started many times in processes of its own is started from dist, without the loader of the sources.
const LOOK = fileURLToPath(new URL('../../dist/agent/detect/look-process.js', import.meta.url));

if (!existsSync(LOOK)) throw new Error(`${LOOK} is not there: run \`npm run build\` first`);
lookProcess.script = LOOK;
lookProcess.execArgv = [];

// Properties try other examples in every run; with a seed the same ones, so that a change is judged by what it changed.
const { MOORAGE_SEED: seed } = process.env;
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
