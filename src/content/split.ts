import { entryKind, sourceOf } from './calendar.js';
import { parseDocument, type Component, type Document } from './components.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { paramValue } from './params.js';
import { textValue, type ValueSource } from './value.js';

/**
 * One item each out of a file of many.
 *
 * Cards and notes are cut out byte for byte. A calendar with one series is too; one with several gives a calendar for each UID (and for
 * each entry without one), made of the source's own bytes: BEGIN and properties of the calendar, the VTIMEZONEs that the entries name,
 * the entries, END. Files of types without such a structure come back whole; a file with nothing readable in it gives no items. The
 * slices of a UTF-16 file are UTF-8.
 */
export function splitItems(bytes: Uint8Array, mediaType: string): Uint8Array[] {
  const syntax = syntaxOf(normalizeMediaType(mediaType));
  if (syntax === 'text' || syntax === 'sif' || syntax === 'email' || syntax === 'none') return [bytes];
  const document = parseDocument(bytes);
  if (document === undefined) return [];
  return document.roots.flatMap((root) =>
    root.name === 'VCALENDAR' ? splitCalendar(document, root) : isItem(root) ? [cut(document, root)] : [],
  );
}

function isItem(root: Component): boolean {
  return root.name === 'VCARD' || root.name === 'VMSG' || entryKind(root.name) !== undefined;
}

function cut(document: Document, { start, end }: { readonly start: number; readonly end: number }): Uint8Array {
  return document.source.bytes.subarray(start, end);
}

function splitCalendar(document: Document, calendar: Component): Uint8Array[] {
  const entries = calendar.children.filter((child) => child.name !== 'VTIMEZONE');
  const source = sourceOf(document, calendar, 'legacy');
  const series = new Map<string, Component[]>();
  for (const entry of entries) {
    const uid = entry.lines.find((line) => line.name === 'UID');
    const value = uid === undefined ? '' : textValue(source, uid);
    const key = value === '' ? `\0${series.size}` : `${entry.name}:${value}`;
    const members = series.get(key);
    if (members === undefined) series.set(key, [entry]);
    else members.push(entry);
  }
  if (series.size === 1) return [cut(document, calendar)];
  const newline = document.source.text.includes('\r\n') ? '\r\n' : '\n';
  const zones = calendar.children.filter((child) => child.name === 'VTIMEZONE').map((zone) => ({ zone, name: zoneName(source, zone) }));
  return [...series.values()].map((members) => {
    const used = new Set(members.flatMap((member) => [...zoneNames(member)]));
    const named = zones.filter(({ name }) => used.has(name)).map(({ zone }) => zone);
    const spans = [calendar.begin, ...calendar.lines, ...named, ...members];
    const parts = spans.map((span) => withLineEnd(cut(document, span), newline));
    return Buffer.concat([...parts, Buffer.from(`END:VCALENDAR${newline}`)]);
  });
}

function zoneName(source: ValueSource, zone: Component): string {
  const line = zone.lines.find((candidate) => candidate.name === 'TZID');
  return line === undefined ? '' : textValue(source, line);
}

/** All zones that a component's parameters name. */
function zoneNames(component: Component): Set<string> {
  const names = new Set<string>();
  for (const line of component.lines) {
    for (const param of line.params) if (param.name === 'TZID') names.add(paramValue(param));
  }
  for (const child of component.children) for (const name of zoneNames(child)) names.add(name);
  return names;
}

function withLineEnd(part: Uint8Array, newline: string): Uint8Array {
  const last = part.at(-1);
  return last === 0x0a || last === 0x0d ? part : Buffer.concat([part, Buffer.from(newline)]);
}
