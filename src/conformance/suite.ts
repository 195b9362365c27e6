/** All cases, and the requirements that no case can look at. */
import type { ConformanceCase } from './case.js';
import { HTTP_CASES } from './cases/http.js';

export const CASES: readonly ConformanceCase[] = [...HTTP_CASES];
