import { ALERT_FAULTS } from './alerts.js';
import { ANCHOR_FAULTS } from './anchors.js';
import { AUTHENTICATION_FAULTS } from './authentication.js';
import { CLIENT_CHANGE_FAULTS } from './client-changes.js';
import { DEVINF_FAULTS } from './devinf.js';
import type { Fault } from './faulty.js';
import { HTTP_FAULTS } from './http.js';
import { LARGE_OBJECT_FAULTS } from './large-objects.js';
import { LARGE_OBJECT_PART_FAULTS } from './large-object-parts.js';
import { MAP_FAULTS } from './map.js';
import { SYNC_FAULTS } from './sync.js';
import { HEADER_FAULTS } from './header.js';
import { STATUS_FAULTS } from './status.js';
import { PACKAGE_FAULTS } from './packages.js';
import { SIZE_FAULTS } from './sizes.js';
import { SUSPEND_FAULTS } from './suspend.js';
import { WBXML_FAULTS } from './wbxml.js';

export const FAULTS: readonly Fault[] = [
  ...HTTP_FAULTS,
  ...AUTHENTICATION_FAULTS,
  ...ANCHOR_FAULTS,
  ...SYNC_FAULTS,
  ...CLIENT_CHANGE_FAULTS,
  ...MAP_FAULTS,
  ...HEADER_FAULTS,
  ...STATUS_FAULTS,
  ...PACKAGE_FAULTS,
  ...SIZE_FAULTS,
  ...DEVINF_FAULTS,
  ...LARGE_OBJECT_FAULTS,
  ...LARGE_OBJECT_PART_FAULTS,
  ...SUSPEND_FAULTS,
  ...ALERT_FAULTS,
  ...WBXML_FAULTS,
];
