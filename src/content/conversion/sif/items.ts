/** Whole SIF items made of vCard 3.0, iCalendar 2.0 and texts, and the other way round. */
import type { Component, Document } from '../../components.js';
import { entryKind } from '../../calendar.js';
import type { SifDocument, SifElement, SifRoot } from '../../sif-document.js';
import type { ValueSource } from '../../value.js';
import { vtimezone } from '../../zones/vtimezone.js';
import { zoneNamed, zonesOf, type ZoneOf } from '../../zones/naming.js';
import { seriesOf } from '../calendars.js';
import type { LossName } from '../losses.js';
import { plainText, type Property } from '../property.js';
import type { Converted, Unit } from '../units.js';
import { binaryOf, write } from '../writing.js';
import { CONTACT_ELEMENTS, contactFields, contactParts, type Line } from './contact.js';
import { APPOINTMENT_ELEMENTS, entryFields, TASK_ELEMENTS } from './entry-fields.js';
import { entryParts, isTrue } from './entry-parts.js';
import { elementText, extensionsOf, fieldsOf, isFilled, textIn, type Fields, type Part } from './fields.js';
import { noteFields, noteTextOf } from './note.js';
import type { Clock } from './times.js';

/** What stands for nothing in elements that are not converted. */
const SILENT = /^(?:0|false|)$/i;
/** Elements that tell of the writing, of folders, or of what others tell better. */
const OF_FORMAT = /^(?:SIFVersion|Folder|Email\dAddressType|ReminderOptions|NoAging|MeetingStatus|Color|Height|Width|Left|Top|Date)$/;

const ENTRY_NAMES = { appointment: 'VEVENT', task: 'VTODO' } as const;

/** The parts of an item, in the pivot of its kind. */
export function partsOf(kind: 'contact' | 'appointment' | 'task', fields: Fields): readonly Part[] {
  return kind === 'contact' ? contactParts(fields) : entryParts(kind, fields, clockOf(fields));
}

const yearOf = (fields: Fields): number => Number(textIn(fields, 'Start').slice(0, 4));

/** A series that names its zone is on that zone's clock: in UTC it would move when the clock does. */
function clockOf(fields: Fields): Clock {
  if (!isTrue(textIn(fields, 'IsRecurring')) || isTrue(textIn(fields, 'AllDayEvent')) || !(yearOf(fields) > 1900)) return {};
  const names = (fields.get('Timezone')?.inner ?? []).flatMap(([, { inner }]) =>
    (inner ?? []).filter(([name]) => /^(?:DST|Standard)Name$/.test(name)),
  );
  const zone = names.map(([, { text }]) => zoneNamed(text)).find((one) => one !== undefined);
  return zone?.iana === undefined ? {} : { tzid: zone.iana, zone };
}

export interface AsPivot extends Converted {
  /** By index of the unit: what the unit is in the item; undefined for what has no elements. */
  readonly ids: readonly (string | undefined)[];
}

/** An item in the pivot of its kind: vCard 3.0, iCalendar 2.0, plain text. */
export function sifAsPivot(document: SifDocument): AsPivot {
  const { kind, root } = document;
  const fields = fieldsOf(document);
  const elements = new Map(root.children.map((child) => [child.name, child]));
  if (kind === 'note') {
    const text = binaryOf(noteTextOf(fields).replaceAll('\n', '\r\n'));
    const body = elements.get('Body') ?? elements.get('Subject');
    return { head: '', units: [{ ...(body ? { source: spanOf(body) } : {}), text }], tail: '', ids: ['BODY'] };
  }
  const parts = partsOf(kind, fields);
  const isComponent = (text: string): boolean => text.startsWith('BEGIN:');
  const all: (readonly [unit: Unit, id: string | undefined])[] = [
    ...parts.map((part) => [unitOf(part, elements), part.id] as const),
    ...extensionsOf(document).map((text) => [{ text }, undefined] as const),
    ...asked(kind, parts, fields).map((unit) => [unit, undefined] as const),
  ];
  // Properties stand before the components of an entry.
  all.sort(([a], [b]) => Number(isComponent(a.text)) - Number(isComponent(b.text)));
  const units = all.map(([unit]) => unit);
  const ids = all.map(([, id]) => id);
  const used = new Set(parts.flatMap((part) => part.elements));
  const known = new Set(kind === 'contact' ? CONTACT_ELEMENTS : kind === 'task' ? TASK_ELEMENTS : APPOINTMENT_ELEMENTS);
  for (const child of root.children) {
    const field = fields.get(child.name);
    if (used.has(child.name) || OF_FORMAT.test(child.name) || !isFilled(field) || (known.has(child.name) && !field?.inner)) continue;
    if (!SILENT.test(field?.text ?? '') || field?.inner) units.push({ source: spanOf(child), text: '', loss: 'sif-element' });
  }
  const status = elements.get('Status');
  if (kind === 'task' && status && /^[34]$/.test(textIn(fields, 'Status')))
    units.push({ source: spanOf(status), text: '', loss: 'status-word' });
  const [head, tail] = frameOf(kind, fields);
  return { head, units, tail, ids };
}

const spanOf = ({ start, end }: SifElement) => ({ start, end });

function unitOf({ text, elements: names }: Part, elements: ReadonlyMap<string, SifElement>): Unit {
  const first = names.map((name) => elements.get(name)).find((element) => element !== undefined);
  return { ...(first ? { source: spanOf(first) } : {}), text };
}

function frameOf(kind: 'contact' | 'appointment' | 'task', fields: Fields): readonly [string, string] {
  if (kind === 'contact') return ['BEGIN:VCARD\r\nVERSION:3.0\r\n', 'END:VCARD\r\n'];
  const name = ENTRY_NAMES[kind];
  const { tzid, zone } = clockOf(fields);
  const rules = tzid === undefined || !zone ? '' : vtimezone(zone, tzid, yearOf(fields));
  return [
    `BEGIN:VCALENDAR\r\nPRODID:-//Moorage//Moorage//EN\r\nVERSION:2.0\r\n${rules}BEGIN:${name}\r\n`,
    `END:${name}\r\nEND:VCALENDAR\r\n`,
  ];
}

/** What the pivot asks for and the item has not. */
function asked(kind: SifRoot, parts: readonly Part[], fields: Fields): readonly Unit[] {
  const bare = { types: [], params: [], valueType: '' };
  if (kind !== 'contact') return [{ text: 'DTSTAMP:19700101T000000Z\r\n' }];
  const has = (id: string): boolean => parts.some((part) => part.id === id);
  const fallback =
    textIn(fields, 'FileAs') || textIn(fields, 'CompanyName') || textIn(fields, 'Email1Address') || textIn(fields, 'MobileTelephoneNumber');
  return [
    ...(has('N') ? [] : [{ text: 'N:;;;;\r\n' }]),
    ...(has('FN') ? [] : [{ text: write({ ...bare, name: 'FN', value: { kind: 'text', text: fallback } }, 'vcard30') }]),
  ];
}

/** What a line of the pivot could not tell. */
interface Lost {
  readonly start: number;
  readonly end: number;
  readonly loss: LossName;
}

/** An item's elements, and what has no place in them. */
export interface AsFields {
  readonly fields: Fields;
  readonly lost: readonly Lost[];
}

/** @returns undefined when the document is not one item of that kind. */
export function pivotAsFields(document: Document, kind: 'contact' | 'appointment' | 'task'): AsFields | undefined {
  const found = pivotEntry(document, kind);
  if (!found) return undefined;
  const { source, entry, detached, zoneOf } = found;
  if (kind === 'contact') {
    const { fields, lines, left } = contactFields(source, entry);
    const parts = new Map(contactParts(fields).map((part) => [part.id, part]));
    const lost = [...lines].flatMap(([id, own]) => own.flatMap((line) => lossOf(line, parts.get(id))));
    const junk = entry.lines.filter(({ name }) => name === '').map(({ start, end }): Lost => ({ start, end, loss: 'no-property' }));
    const agents = entry.children.map(({ start, end }): Lost => ({ start, end, loss: 'agent' }));
    return { fields, lost: [...lost, ...left.map(({ start, end }): Lost => ({ start, end, loss: 'sif-no-element' })), ...junk, ...agents] };
  }
  const { fields, all } = entryFields(source, entry, detached, zoneOf);
  const lost = all.flatMap(({ start, end, loss }) => (loss ? [{ start, end, loss }] : []));
  return {
    fields,
    lost: [...lost, ...detached.map(({ start, end }): Lost => ({ start, end, loss: 'detached-instance' }))],
  };
}

/** Told in another form. */
const DAYS: ReadonlySet<string> = new Set(['BDAY', 'X-ANNIVERSARY']);

/** Without empty components at the end. */
function told(one: Property): string {
  const text = plainText(one);
  let end = text.length;
  while (text.charAt(end - 1) === ';') end -= 1;
  return text.slice(0, end);
}

/** Types that tell something. */
const counted = ({ types }: Property): string =>
  types.length === 0
    ? ''
    : types
        .filter((type) => type !== 'VOICE' && type !== 'INTERNET')
        .sort()
        .join();

/** What the property that comes back says less. */
function lossOf({ start, end, property }: Line, part: Part | undefined): readonly Lost[] {
  const back = part?.property;
  if (!back) return property.name === 'CLASS' && /^PUBLIC$/i.test(plainText(property)) ? [] : [{ start, end, loss: 'status-word' }];
  if (property.value.kind === 'list') {
    const members = back.value.kind === 'list' ? back.value.members : [];
    return property.value.members.every((member) => members.includes(member)) ? [] : [{ start, end, loss: 'list-comma' }];
  }
  if (property.value.kind !== 'bytes' && !DAYS.has(property.name) && told(back) !== told(property))
    return [{ start, end, loss: property.value.kind === 'parts' ? 'sif-part' : 'status-word' }];
  const isSame = counted(back) === counted(property) && property.params.length === 0 && property.group === undefined;
  return isSame ? [] : [{ start, end, loss: 'parameter' }];
}

/** The entry of a pivot document, when it is one of this kind. */
export function pivotEntry(
  document: Document,
  kind: SifRoot,
):
  | { readonly source: ValueSource; readonly entry: Component; readonly detached: readonly Component[]; readonly zoneOf: ZoneOf }
  | undefined {
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: 'modern' };
  const [root, ...more] = document.roots;
  if (!root || more.length > 0) return undefined;
  if (kind === 'contact')
    return root.name === 'VCARD' ? { source, entry: root, detached: [], zoneOf: zonesOf(source, undefined) } : undefined;
  if (root.name !== 'VCALENDAR' || kind === 'note') return undefined;
  const series = seriesOf(root.children.filter(({ name }) => entryKind(name) !== undefined));
  return series?.main.name === ENTRY_NAMES[kind]
    ? { source, entry: series.main, detached: series.detached, zoneOf: zonesOf(source, root) }
    : undefined;
}

const NOTE_ELEMENTS = ['Subject', 'Body'] as const;

/** A new item of these elements. @param lost by spans of what it was made of. */
export function sifOf(kind: SifRoot, { fields, lost }: AsFields): Converted {
  const names = { contact: CONTACT_ELEMENTS, appointment: APPOINTMENT_ELEMENTS, task: TASK_ELEMENTS, note: NOTE_ELEMENTS }[kind];
  const units: Unit[] = names.map((name) => {
    const field = fields.get(name);
    return { text: field ? `${binaryOf(elementText(name, field))}\r\n` : `<${name}/>\r\n` };
  });
  for (const { start, end, loss } of lost) units.push({ source: { start, end }, text: '', loss });
  return { head: `<?xml version="1.0" encoding="UTF-8"?>\r\n<${kind}>\r\n<SIFVersion>1.1</SIFVersion>\r\n`, units, tail: `</${kind}>\r\n` };
}

export const noteAsSif = (text: string): Converted => sifOf('note', { fields: noteFields(text), lost: [] });
