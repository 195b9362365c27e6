import { FIRST } from './0001-first.js';
import { KEPT_MESSAGES } from './0002-kept-messages.js';
import { COPIES } from './0003-copies.js';
import { ACCOUNT_SERVICES } from './0004-account-services.js';
import { CONFLICT_RULES } from './0005-conflict-rules.js';
import { CHUNKS_AS_MEMBERS } from './0006-chunks-as-members.js';
import { LOOSE_KEYS } from './0007-loose-keys.js';
import { EXTRA_COPIES } from './0008-extra-copies.js';
import { TIME_ZONES } from './0009-time-zones.js';
import { COUNTRIES } from './0010-countries.js';
import { INSTANCES } from './0011-instances.js';
import { SERIES_KEYS } from './0012-series-keys.js';
import { WITHOUT_MEDIA } from './0013-without-media.js';

/**
 * Numbered from 1 by their place; forward only. A released one is never edited: a store that has it would not get the edit.
 * Each is one script that runs in one exclusive transaction; the number of the newest is SQLite's `user_version`.
 */
export const MIGRATIONS: readonly string[] = [
  FIRST,
  KEPT_MESSAGES,
  COPIES,
  ACCOUNT_SERVICES,
  CONFLICT_RULES,
  CHUNKS_AS_MEMBERS,
  LOOSE_KEYS,
  EXTRA_COPIES,
  TIME_ZONES,
  COUNTRIES,
  INSTANCES,
  SERIES_KEYS,
  WITHOUT_MEDIA,
];
