import { AUTHENTICATION_FAULTS } from './authentication.js';
import type { Fault } from './faulty.js';
import { HTTP_FAULTS } from './http.js';

export const FAULTS: readonly Fault[] = [...HTTP_FAULTS, ...AUTHENTICATION_FAULTS];
