import { ANCHOR_FAULTS } from './anchors.js';
import { AUTHENTICATION_FAULTS } from './authentication.js';
import type { Fault } from './faulty.js';
import { HTTP_FAULTS } from './http.js';
import { MAP_FAULTS } from './map.js';
import { SYNC_FAULTS } from './sync.js';

export const FAULTS: readonly Fault[] = [...HTTP_FAULTS, ...AUTHENTICATION_FAULTS, ...ANCHOR_FAULTS, ...SYNC_FAULTS, ...MAP_FAULTS];
