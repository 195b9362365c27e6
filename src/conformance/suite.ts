/** All cases, and the requirements that no case can look at. */
import type { ConformanceCase } from './case.js';
import { ALERT_CASES } from './cases/alerts.js';
import { ANCHOR_CASES } from './cases/anchors.js';
import { AUTHENTICATION_CASES } from './cases/authentication.js';
import { MD5_CASES } from './cases/authentication-md5.js';
import { BUSY_CASES } from './cases/busy.js';
import { COMMAND_CASES } from './cases/commands.js';
import { DEVINF_RENDERING_CASES } from './cases/devinf-rendering.js';
import { DEVINF_CASES } from './cases/devinf.js';
import { FILTER_CASES } from './cases/filters.js';
import { HEADER_RULES } from './cases/header-rules.js';
import { HEADER_TAKEN } from './cases/header-taken.js';
import { HTTP_CASES } from './cases/http.js';
import { LARGE_OBJECT_SENT_CASES } from './cases/large-objects-sent.js';
import { LARGE_OBJECT_CASES } from './cases/large-objects.js';
import { METINF_CASES } from './cases/metinf.js';
import { NO_RESPONSE } from './cases/no-response.js';
import { SUSPEND_CASES } from './cases/suspend.js';
import { PACKAGE_FINALS } from './cases/package-finals.js';
import { PACKAGE_REPEATS } from './cases/package-repeats.js';
import { PACKAGES } from './cases/packages.js';
import { SIZES } from './cases/sizes.js';
import { STATUS_RULES } from './cases/status-rules.js';
import { STATUS_EACH } from './cases/status-each.js';
import { STATUS_CASES } from './cases/status.js';
import { MAP_CASES } from './cases/map.js';
import { SYNC_CHANGE_CASES } from './cases/sync-changes.js';
import { SYNC_ITEM_CASES } from './cases/sync-items.js';
import { SYNC_TYPE_CASES } from './cases/sync-types.js';
import { WBXML_TABLE_CASES } from './cases/wbxml-tables.js';
import { WBXML_CASES } from './cases/wbxml.js';

// prettier-ignore
export const CASES: readonly ConformanceCase[] = [
  ...HTTP_CASES,
  ...HEADER_RULES,
  ...HEADER_TAKEN,
  ...NO_RESPONSE,
  ...AUTHENTICATION_CASES,
  ...MD5_CASES,
  ...ANCHOR_CASES,
  ...SYNC_TYPE_CASES,
  ...SYNC_ITEM_CASES,
  ...SYNC_CHANGE_CASES,
  ...MAP_CASES,
  ...DEVINF_CASES,
  ...DEVINF_RENDERING_CASES,
  ...LARGE_OBJECT_CASES,
  ...LARGE_OBJECT_SENT_CASES,
  ...BUSY_CASES,
  ...SUSPEND_CASES,
  ...FILTER_CASES,
  ...COMMAND_CASES,
  ...WBXML_CASES,
  ...WBXML_TABLE_CASES,
  ...ALERT_CASES,
  ...METINF_CASES,
  ...STATUS_RULES,
  ...STATUS_EACH,
  ...STATUS_CASES,
  ...PACKAGE_FINALS,
  ...PACKAGES,
  ...PACKAGE_REPEATS,
  ...SIZES,
];
