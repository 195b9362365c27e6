/** An item in another format of its family. Nothing here reads or writes anything but its arguments. */
import { parseDocument, type Document } from '../components.js';
import { normalizeMediaType, syntaxOf } from '../media-type.js';
import { convertCalendar } from './calendars.js';
import { convertCard } from './cards.js';
import { familyOf, formatOf, type CalendarFormat, type CardFormat, type Format } from './format.js';
import { noteAsText, noteAsVnote } from './notes.js';
import { textOf, type Converted } from './units.js';

/** An item that can be converted: its bytes read, and the format they are in. */
export interface Readable {
  readonly bytes: Uint8Array;
  readonly format: Format;
  /** Undefined for a plain text. */
  readonly document: Document | undefined;
}

/** @returns undefined for other kinds of items, and for UTF-16, whose bytes are not its characters. */
export function readable(bytes: Uint8Array, mediaType: string): Readable | undefined {
  const type = normalizeMediaType(mediaType);
  const syntax = syntaxOf(type);
  if (syntax === 'text') return { bytes, format: 'plain', document: undefined };
  if (syntax !== 'lines') return undefined;
  const document = parseDocument(bytes);
  const format = document && !document.source.transcoded ? formatOf(document, type) : undefined;
  return document && format ? { bytes: document.source.bytes, format, document } : undefined;
}

/**
 * @param home IANA name of the zone of the phone of vCalendar 1.0 that wrote the item, or gets it; undefined: not known.
 * @returns undefined when the item is not one that has a form there: several cards in one, a journal entry. Never throws.
 */
export function converted({ bytes, format, document }: Readable, to: Format, home?: string): Converted | undefined {
  if (familyOf(format) !== familyOf(to) || format === to) return undefined;
  if (format === 'plain') return noteAsVnote(bytes);
  if (format === 'vnote') return noteAsText(bytes);
  if (!document) return undefined;
  if (familyOf(format) === 'calendar') return convertCalendar(document, format as CalendarFormat, to as CalendarFormat, home);
  const [card, ...more] = document.roots;
  return card?.name === 'VCARD' && more.length === 0 ? convertCard(document, card, format as CardFormat, to as CardFormat) : undefined;
}

/** The item's bytes in `to`; undefined as with {@link converted}. */
export function convert(bytes: Uint8Array, mediaType: string, to: Format, home?: string): Uint8Array | undefined {
  const item = readable(bytes, mediaType);
  const result = item && converted(item, to, home);
  return result && Buffer.from(textOf(result), 'latin1');
}
