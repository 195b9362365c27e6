/** Times that a device sends in UTC, or in its own local time, written again in the zone the stored entry has them in. */
import type { Component, Document } from '../components.js';
import { inLocalTime } from '../local-time.js';
import { paramValue } from '../params.js';
import { inUtc, zoneNamed } from './zones.js';

const ZONED: ReadonlySet<string> = new Set('DTSTART DTEND DUE EXDATE RDATE RECURRENCE-ID'.split(' '));
const LINE = /^([A-Z-]+)((?:;[^:;]*)*):([^\r\n]*)/;

/**
 * @param text a property of the stored item's format, just made of what the device sent.
 * @param at where the property it replaces stands; without one the entry's start says the zone.
 * @param zone the device's own zone, when it writes local times.
 */
export function inStoredZone(text: string, document: Document, entry: Component, at: number | undefined, zone: string | undefined): string {
  const match = LINE.exec(text);
  const [whole = '', name = '', params = '', value = ''] = match ?? [];
  if (!ZONED.has(name) || !/\dT\d{6}/.test(value)) return text;
  const model =
    (at === undefined ? undefined : entry.lines.find(({ start }) => start === at)) ?? entry.lines.find((line) => line.name === 'DTSTART');
  if (!model) return text;
  const tzid = model.params.find((param) => param.name === 'TZID');
  const modelValue = document.source.text.slice(model.valueStart, model.valueEnd);
  const inZone = tzid && zoneNamed(paramValue(tzid));
  if (!inZone && !/Z\s*$/.test(modelValue)) return text;
  const utc = zone === undefined ? value : value.replace(/\d{8}T\d{6}(?!Z|\d)/g, (local) => inUtc(local, zone));
  const written = inZone ? inLocalTime(utc, inZone) : utc;
  if (/\d{8}T\d{6}Z/.test(written) === (inZone !== undefined)) return text;
  const zoned = inZone ? `${params};TZID=${tzid?.value ?? ''}` : params;
  return `${name}${zoned}:${written}${text.slice(whole.length)}`;
}
