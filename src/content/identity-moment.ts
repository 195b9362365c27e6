/** When an entry is, for telling it from others whatever format and zone it is written in. */
import type { Component } from './components.js';
import { basicDateTime, looseMoment } from './date-time.js';
import type { ContentLine } from './lines.js';
import { textValue, type ValueSource } from './value.js';
import { dayOf } from './zones/day-forms.js';
import { legacyZoneOf } from './zones/legacy.js';
import { tzidOf, zonesOf } from './zones/naming.js';
import { toUtc } from './zones/zone.js';

/**
 * The moment of one time of an entry: in UTC where its zone is known, the digits where it is not, and the date of a day. There is no mark for UTC:
 * phones write it, or leave it out, as they like.
 *
 * @param root the calendar around the entry.
 */
export function identityMoment(source: ValueSource, entry: Component, root: Component, line: ContentLine): string {
  const text = basicDateTime(textValue(source, line));
  if (!/^\d{8}T\d{6}Z?$/.test(text)) return looseMoment(text);
  const tzid = tzidOf(line);
  const zone =
    tzid !== undefined ? zonesOf(source, root)(tzid) : source.dialect === 'legacy' ? legacyZoneOf(source, entry, root) : undefined;
  if (source.dialect === 'legacy' && line.name === 'DTSTART') {
    const value = (name: string): string => {
      const found = entry.lines.find((one) => one.name === name);
      return found ? basicDateTime(textValue(source, found)) : '';
    };
    const day = dayOf(value, value('RRULE'), zone);
    if (day) return day.start;
  }
  return looseMoment(zone ? toUtc(text, zone) : text);
}
