/** For `npm test`, which builds first: what is started many times in processes of its own is started from dist, without the loader of the sources. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lookProcess } from '../../src/agent/detect/looker.js';

const LOOK = fileURLToPath(new URL('../../dist/agent/detect/look-process.js', import.meta.url));

if (!existsSync(LOOK)) throw new Error(`${LOOK} is not there: run \`npm run build\` first`);
lookProcess.script = LOOK;
lookProcess.execArgv = [];
