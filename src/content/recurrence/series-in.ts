/** The series of an entry, for what counts its days. */
import type { Component, Document } from '../components.js';
import { basicDateTime } from '../date-time.js';
import { textValue, type ValueSource } from '../value.js';
import { legacyZoneOf } from '../zones/legacy.js';
import { tzidOf, zonesOf } from '../zones/naming.js';
import { ianaZone } from '../zones/zone.js';
import type { Series } from './counted.js';

/**
 * @param home IANA name of where a phone of 1.0 is, when it is known.
 * @returns undefined for an entry without a start, or without exactly one rule.
 */
export function seriesIn(
  document: Document,
  entry: Component,
  dialect: ValueSource['dialect'],
  home: string | undefined,
): (Series & { readonly rule: string }) | undefined {
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect };
  const start = entry.lines.find(({ name }) => name === 'DTSTART');
  const [rule, ...more] = entry.lines.filter(({ name }) => name === 'RRULE');
  if (!start || !rule || more.length > 0) return undefined;
  const root = document.roots.find(({ children }) => children.includes(entry));
  const tzid = tzidOf(start);
  const told = tzid === undefined ? legacyZoneOf(source, entry, root, home) : zonesOf(source, root)(tzid);
  const zone = told ?? (tzid === undefined && home !== undefined ? ianaZone(home) : undefined);
  return { start: basicDateTime(textValue(source, start)), rule: textValue(source, rule).trim(), zone };
}
