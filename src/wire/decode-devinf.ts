import type { DevInf } from '../model/devinf.js';
import { devInfIn } from './read/data.js';

/** A device information document on its own, WBXML or XML by its first bytes: one that came in parts. @returns undefined when it is none. */
export const decodeDevInf = (bytes: Uint8Array): DevInf | undefined => devInfIn(bytes)?.devinf;
