/** An item in another format of its family. Nothing here reads or writes anything but its arguments. */
import { parseDocument, type Document } from '../components.js';
import { normalizeMediaType, syntaxOf } from '../media-type.js';
import { parseSif, type SifDocument, type SifRoot } from '../sif-document.js';
import { convertCalendar } from './calendars.js';
import { convertCard } from './cards.js';
import { familyOf, formatOf, sifFormat, sifKind, type CalendarFormat, type CardFormat, type Format } from './format.js';
import { noteAs, noteTextIn } from './notes.js';
import { pivotOf } from './sif/fields.js';
import { noteAsSif, pivotAsFields, sifAsPivot, sifOf } from './sif/items.js';
import { textOf, type Converted, type Span, type Unit } from './units.js';

/** An item that can be converted: its bytes read, and the format they are in. */
export interface Readable {
  readonly bytes: Uint8Array;
  readonly format: Format;
  /** Undefined for a plain text, and for SIF. */
  readonly document: Document | undefined;
  readonly sif?: SifDocument;
}

/** @returns undefined for other kinds of items. UTF-16 is read as UTF-8. */
export function readable(bytes: Uint8Array, mediaType: string): Readable | undefined {
  const type = normalizeMediaType(mediaType);
  const syntax = syntaxOf(type);
  if (syntax === 'text') return { bytes, format: 'plain', document: undefined };
  if (syntax === 'sif') {
    const sif = parseSif(bytes);
    if (typeof sif === 'string') return undefined;
    return { bytes: sif.source.bytes, format: sifFormat(sif.kind), document: undefined, sif };
  }
  if (syntax !== 'lines') return undefined;
  const document = parseDocument(bytes);
  const format = document && formatOf(document, type);
  return document && format ? { bytes: document.source.bytes, format, document } : undefined;
}

/**
 * @param home IANA name of the zone of the phone of vCalendar 1.0 that wrote the item, or gets it; undefined: not known.
 * @returns undefined when the item is not one that has a form there: several cards in one, a task where events go. Never throws.
 */
export function converted(item: Readable, to: Format, home?: string): Converted | undefined {
  const { format, document, sif } = item;
  if (familyOf(format) !== familyOf(to) || format === to) return undefined;
  const kind = sifKind(to);
  if (sif) return kind === undefined ? outOfSif(sif, to, home) : undefined;
  if (kind !== undefined) return intoSif(item, kind, home);
  if (familyOf(format) === 'note') return noteAs(item, to);
  if (!document) return undefined;
  if (familyOf(format) === 'calendar') return convertCalendar(document, format as CalendarFormat, to as CalendarFormat, home);
  const [card, ...more] = document.roots;
  return card?.name === 'VCARD' && more.length === 0 ? convertCard(document, card, format as CardFormat, to as CardFormat) : undefined;
}

/** The item's bytes in `to`; undefined as with {@link converted}. */
export function convert(bytes: Uint8Array, mediaType: string, to: Format, home?: string): Uint8Array | undefined {
  const item = readable(bytes, mediaType);
  const result = item && converted(item, to, home);
  return result && bytesOf(result);
}

export const bytesOf = (one: Converted): Uint8Array => Buffer.from(textOf(one), 'latin1');

/** A conversion's result, read again. */
export function reread(one: Converted, format: Format): Readable | undefined {
  return readable(bytesOf(one), TYPES[format]);
}

/** A media type of each format. */
export const TYPES: Readonly<Record<Format, string>> = {
  vcard21: 'text/x-vcard',
  vcard30: 'text/vcard',
  vcard40: 'text/vcard',
  vcal10: 'text/x-vcalendar',
  ical20: 'text/calendar',
  vnote: 'text/x-vnote',
  plain: 'text/plain',
  journal: 'text/calendar',
  sifc: 'text/x-s4j-sifc',
  sife: 'text/x-s4j-sife',
  sift: 'text/x-s4j-sift',
  sifn: 'text/x-s4j-sifn',
};

function outOfSif(sif: SifDocument, to: Format, home: string | undefined): Converted | undefined {
  const pivot = pivotOf(sif.kind);
  const first = sifAsPivot(sif);
  if (to === pivot) return first;
  const between = reread(first, pivot);
  const second = between && converted(between, to, home);
  return second && through(first, second);
}

function intoSif(item: Readable, kind: SifRoot, home: string | undefined): Converted | undefined {
  const pivot = pivotOf(kind);
  if (kind === 'note') {
    const text = noteTextIn(item);
    return text === undefined ? undefined : noteAsSif(text);
  }
  const first = item.format === pivot ? undefined : converted(item, pivot, home);
  const between = item.format === pivot ? item : first && reread(first, pivot);
  const fields = between?.document && pivotAsFields(between.document, kind);
  const second = fields && sifOf(kind, fields);
  return second && first ? through(first, second) : second;
}

/** Two conversions as one: places of the item itself, and what either of them loses. */
function through(first: Converted, second: Converted): Converted {
  const places = new Map<number, Unit>();
  let at = first.head.length;
  for (const unit of first.units) {
    if (unit.text !== '') places.set(at, unit);
    at += unit.text.length;
  }
  const units = second.units.map(({ source, text, loss }): Unit => {
    const from = source && places.get(source.start);
    const place: Span | undefined = from?.source;
    const lost = loss ?? from?.loss;
    return { ...(place ? { source: place } : {}), text, ...(lost ? { loss: lost } : {}) };
  });
  const gone = first.units.filter(({ text, loss }) => text === '' && loss !== undefined);
  return { ...second, units: [...units, ...gone] };
}
