/** The formats items are written in, and which of them a device takes. [DevInf 1.2, "Rx", "Rx-Pref", "VerCT"] */
import type { ContentTypeRef, DevInf } from '../../model/devinf.js';
import type { Component, Document } from '../components.js';
import { entryKind } from '../calendar.js';
import { normalizeMediaType } from '../media-type.js';
import type { SifRoot } from '../sif-document.js';
import type { Dialect } from '../value.js';

export type CardFormat = 'vcard21' | 'vcard30' | 'vcard40';
/** Contacts, events, tasks and notes of Outlook and Pocket PC clients. */
export type SifFormat = 'sifc' | 'sife' | 'sift' | 'sifn';
export type CalendarFormat = 'vcal10' | 'ical20';
/** `journal` is iCalendar 2.0 with a VJOURNAL. */
export type NoteFormat = 'vnote' | 'plain' | 'journal';
export type Format = CardFormat | CalendarFormat | NoteFormat | SifFormat;

/** What can be turned into each other. */
export type Family = 'card' | 'calendar' | 'note';

interface Traits {
  readonly family: Family;
  readonly dialect: Dialect;
}

const TRAITS: Readonly<Record<Format, Traits>> = {
  vcard21: { family: 'card', dialect: 'legacy' },
  vcard30: { family: 'card', dialect: 'modern' },
  vcard40: { family: 'card', dialect: 'modern' },
  vcal10: { family: 'calendar', dialect: 'legacy' },
  ical20: { family: 'calendar', dialect: 'modern' },
  vnote: { family: 'note', dialect: 'legacy' },
  plain: { family: 'note', dialect: 'modern' },
  journal: { family: 'note', dialect: 'modern' },
  sifc: { family: 'card', dialect: 'modern' },
  sife: { family: 'calendar', dialect: 'modern' },
  sift: { family: 'calendar', dialect: 'modern' },
  sifn: { family: 'note', dialect: 'modern' },
};

export const formatsOf = (family: Family): readonly Format[] => (Object.keys(TRAITS) as Format[]).filter((one) => familyOf(one) === family);

const SIF: ReadonlyMap<SifRoot, SifFormat> = new Map<SifRoot, SifFormat>([
  ['contact', 'sifc'],
  ['appointment', 'sife'],
  ['task', 'sift'],
  ['note', 'sifn'],
]);
export const sifFormat = (kind: SifRoot): SifFormat => SIF.get(kind) ?? 'sifn';
export const sifKind = (format: Format): SifRoot | undefined => [...SIF].find(([, own]) => own === format)?.[0];

export const familyOf = (format: Format): Family => TRAITS[format].family;
export const dialectOf = (format: Format): Dialect => TRAITS[format].dialect;

/** A format, and the name a device knows it by. */
export interface Target {
  readonly format: Format;
  readonly type: string;
}

/** The format a media type and VerCT name; undefined: none that is converted. An empty version is the type's usual one. */
export function namedFormat(mediaType: string, version: string): Format | undefined {
  const v = version.trim();
  switch (normalizeMediaType(mediaType)) {
    case 'text/x-vcard':
      return v.startsWith('3') ? 'vcard30' : 'vcard21';
    case 'text/vcard':
      return v.startsWith('4') ? 'vcard40' : v.startsWith('2') ? 'vcard21' : 'vcard30';
    case 'text/x-vcalendar':
      return v.startsWith('2') ? 'ical20' : 'vcal10';
    case 'text/calendar':
      return v.startsWith('1') ? 'vcal10' : 'ical20';
    case 'text/x-vnote':
      return 'vnote';
    case 'text/plain':
      return 'plain';
    case 'text/x-s4j-sifc':
      return 'sifc';
    case 'text/x-s4j-sife':
      return 'sife';
    case 'text/x-s4j-sift':
      return 'sift';
    case 'text/x-s4j-sifn':
      return 'sifn';
    default:
      return undefined;
  }
}

const VERSION = /^[ \t]*VERSION[ \t]*(?:;[^:\r\n]*)?:[ \t]*([1-4])\./im;
const TYPES: Readonly<Record<string, (major: string) => string>> = {
  'text/vcard': (major) => (major === '2' ? 'text/x-vcard' : 'text/vcard'),
  'text/x-vcard': (major) => (major === '3' || major === '4' ? 'text/vcard' : 'text/x-vcard'),
  'text/calendar': (major) => (major === '1' ? 'text/x-vcalendar' : 'text/calendar'),
  'text/x-vcalendar': (major) => (major === '2' ? 'text/calendar' : 'text/x-vcalendar'),
};

/**
 * The type that the version in the item has by rights, where it came as one of another version: what is kept is believed to be what its type says.
 *
 * @param type as {@link normalizeMediaType} gives it.
 * @NOTE Sony Ericsson P900: items of 1.0 as text/calendar.
 */
export function typeWritten(bytes: Uint8Array, type: string): string {
  const rightful = TYPES[type];
  if (!rightful) return type;
  const major = VERSION.exec(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))?.[1];
  return major === undefined ? type : rightful(major);
}

/** The format an item is written in: what it says of itself counts before its media type. */
export function formatOf(document: Document, mediaType: string): Format | undefined {
  const [root] = document.roots;
  if (!root) return undefined;
  const line = root.lines.find(({ name }) => name === 'VERSION');
  const said = line ? document.source.text.slice(line.valueStart, line.valueEnd).trim() : '';
  const type = normalizeMediaType(mediaType);
  switch (root.name) {
    case 'VCARD':
      return said === '' ? namedFormat(type === 'text/vcard' ? type : 'text/x-vcard', '') : namedFormat('text/vcard', said);
    case 'VCALENDAR':
      if (root.children.some((child) => child.name === 'VJOURNAL') && !said.startsWith('1'))
        return onlyJournal(root) ? 'journal' : undefined;
      return said === '' ? namedFormat(type === 'text/calendar' ? type : 'text/x-vcalendar', '') : namedFormat('text/calendar', said);
    case 'VNOTE':
      return 'vnote';
    default:
      return undefined;
  }
}

const onlyJournal = ({ children }: Component): boolean =>
  children.filter(({ name }) => entryKind(name) !== undefined).every(({ name }) => name === 'VJOURNAL');

/**
 * What a device's store takes, best first: its Rx-Pref, then its Rx.
 *
 * @param uri the device's name of its store. Where its device information names no such store, all of its stores count.
 */
export function takenBy({ dataStores }: DevInf, uri: string): readonly Target[] {
  const bare = (name: string): string => name.replace(/^\.\//, '').toLowerCase();
  const same = dataStores.filter(({ sourceRef }) => bare(sourceRef) === bare(uri));
  const stores = same.length > 0 ? same : dataStores;
  const named = stores.flatMap(({ rxPref, rx }) => [...(rxPref ? [rxPref] : []), ...rx]);
  const taken = named.flatMap(({ ctType, verCt }: ContentTypeRef) => {
    const format = namedFormat(ctType, verCt);
    return format ? [{ format, type: ctType.trim().toLowerCase() }] : [];
  });
  // A store of calendars has room for notes too, but one that takes notes under their own name gets them so.
  const journals = taken.filter(({ format }) => format === 'ical20').map(({ type }): Target => ({ format: 'journal', type }));
  return [...taken, ...journals];
}

/** How an item of `format` may go to a device that takes `taken`, best first; none: as it is, because the device takes it, or nothing like it. */
export function targetsOf(format: Format, taken: readonly Target[]): readonly Target[] {
  if (taken.some((one) => one.format === format)) return [];
  return taken.filter((one) => familyOf(one.format) === familyOf(format));
}
