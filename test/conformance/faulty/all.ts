import { ANCHOR_FAULTS } from './anchors.js';
import { AUTHENTICATION_FAULTS } from './authentication.js';
import type { Fault } from './faulty.js';
import { HTTP_FAULTS } from './http.js';
import { MAP_FAULTS } from './map.js';

export const FAULTS: readonly Fault[] = [...HTTP_FAULTS, ...AUTHENTICATION_FAULTS, ...ANCHOR_FAULTS, ...MAP_FAULTS];
