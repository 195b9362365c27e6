/** All cases, and the requirements that no case can look at. */
import type { ConformanceCase } from './case.js';
import { DEVINF_RENDERING_CASES } from './cases/devinf-rendering.js';
import { DEVINF_CASES } from './cases/devinf.js';
import { HTTP_CASES } from './cases/http.js';

export const CASES: readonly ConformanceCase[] = [...HTTP_CASES, ...DEVINF_CASES, ...DEVINF_RENDERING_CASES];
