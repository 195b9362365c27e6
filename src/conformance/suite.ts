/** All cases, and the requirements that no case can look at. */
import type { ConformanceCase } from './case.js';
import { AUTHENTICATION_CASES } from './cases/authentication.js';
import { MD5_CASES } from './cases/authentication-md5.js';
import { HTTP_CASES } from './cases/http.js';

export const CASES: readonly ConformanceCase[] = [...HTTP_CASES, ...AUTHENTICATION_CASES, ...MD5_CASES];
