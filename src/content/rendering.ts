/**
 * An item as a device can hold it: values no longer and no more often than it has room for, times in UTC as local time where it knows no
 * UTC. What is stored stays whole; `taking-back.ts` reads the device's edits against this rendering.
 */
import { limitFor, pictureLimits, type Abilities, type PropertyLimit } from './abilities.js';
import type { Component, Document } from './components.js';
import { applyEdits, entriesOf, linesOf, wholeEnd, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { inLocalTime } from './local-time.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { readProperty } from './conversion/property.js';
import { write } from './conversion/writing.js';
import { timesOut } from './phone-form/times-out.js';
import { MEDIA, photoFits, type PhotoLimits } from './photos.js';
import { sifShown } from './sif-photo.js';
import { binaryValue, textValue, unfoldedValue, type Dialect, type ValueSource } from './value.js';

/** Facts that mean something else when they are cut, and items that are none without them. No limit is applied to them. */
const WHOLE: ReadonlySet<string> = new Set(
  (
    'BEGIN END VERSION PRODID UID N FN SUMMARY DTSTART DTEND DUE DURATION RRULE EXRULE EXDATE RDATE RECURRENCE-ID AALARM DALARM TZ DAYLIGHT ' +
    'BDAY REV DTSTAMP LAST-MODIFIED CREATED DCREATED COMPLETED SEQUENCE GEO STATUS CLASS PRIORITY TRANSP'
  ).split(' '),
);
/** Of these the limits apply to the value, but the property is never left out for them. */
const CUT_ONLY: ReadonlySet<string> = new Set(['N', 'FN', 'SUMMARY']);
/** Photos and sounds: a part of one is garbage. */
const BINARY: ReadonlySet<string> = new Set(['PHOTO', 'LOGO', 'SOUND', 'KEY']);
/** A limit below this for a photo is a false claim, and no photo would ever fit. Bytes. @NOTE Nokia: 256 bytes for PHOTO. */
const LEAST_BINARY = 1024;
/** Times a device shows or rings by. */
const TIMES: ReadonlySet<string> = new Set(
  'DTSTART DTEND DUE COMPLETED EXDATE RDATE RECURRENCE-ID AALARM DALARM PALARM MALARM RRULE EXRULE'.split(' '),
);
const RULES: ReadonlySet<string> = new Set(['RRULE', 'EXRULE']);

/** @returns `bytes` itself when the device can hold it as it is. Never throws. */
export function render(bytes: Uint8Array, mediaType: string, abilities: Abilities): Uint8Array {
  if (!abilities.limits) return bytes;
  if (syntaxOf(normalizeMediaType(mediaType)) === 'sif') return sifShown(bytes, abilities);
  const document = linesOf(bytes, mediaType);
  if (!document) return bytes;
  const source = sourceOf(document, mediaType);
  const edits = entriesOf(document).flatMap((entry) => editsOf(source, entry, abilities));
  return timesOut(edits.length === 0 ? bytes : applyEdits(source.text, edits), mediaType, abilities);
}

/** Values of an item read in the dialect of its media type. */
export function sourceOf({ source }: Document, mediaType: string): ValueSource {
  const modern: Dialect = /^text\/(?:vcard|calendar)$/.test(mediaType) ? 'modern' : 'legacy';
  return { text: source.text, dialect: modern, transcoded: source.transcoded };
}

function editsOf(source: ValueSource, entry: Component, abilities: Abilities): readonly Edit[] {
  const { localZone } = abilities;
  const edits: Edit[] = [];
  const seen = new Map<string, number>();
  // Of the older calendars a step of its own takes care.
  const zone = source.dialect === 'modern' && localZone !== undefined && keepsItsDays(source, entry, localZone) ? localZone : undefined;
  for (const line of entry.lines) {
    if (line.name === '') continue;
    const limit = limitFor(abilities, line.name);
    const picture = pictureLimits(abilities, line.name);
    const count = (seen.get(line.name) ?? 0) + 1;
    seen.set(line.name, count);
    if (abilities.withoutMedia && isMedium(source, line)) edits.push(without(source, line));
    else if (line.name === 'SOUND' && isTooLoud(source, line, abilities)) edits.push(without(source, line));
    else if (limit?.maxOccur !== undefined && count > limit.maxOccur && !WHOLE.has(line.name)) edits.push(without(source, line));
    else if (limit?.maxParts !== undefined && hasMoreParts(source, line, limit.maxParts))
      edits.push(firstParts(source, line, limit.maxParts));
    else if (picture) edits.push(...shown(source, line, abilities, picture));
    else if (limit?.maxSize !== undefined) edits.push(...fitted(source, line, limit, limit.maxSize));
    if (zone !== undefined && TIMES.has(line.name)) edits.push(...inZone(source, line, zone));
  }
  return edits;
}

/** @NOTE phones of Japan have the reading of a name in SOUND. */
const isMedium = (source: ValueSource, line: ContentLine): boolean => MEDIA.has(line.name) && binaryValue(source, line) !== undefined;

const isTooLoud = (source: ValueSource, line: ContentLine, { sound = Number.POSITIVE_INFINITY }: Abilities): boolean =>
  (binaryValue(source, line)?.length ?? 0) > sound;

/** A photo the device cannot show, as a smaller one. */
function shown(source: ValueSource, line: ContentLine, { thinned }: Abilities, limits: PhotoLimits): readonly Edit[] {
  const bytes = binaryValue(source, line);
  if (!bytes || photoFits(bytes, limits)) return [];
  const smaller = thinned?.(bytes, limits);
  const gone = without(source, line);
  if (!smaller) return [gone];
  const { group, params } = readProperty(source, line);
  const property = { name: line.name, types: ['JPEG'], params, valueType: '', value: { kind: 'bytes', bytes: smaller } } as const;
  // 4.0 has the data in the address of it.
  const isAddress = /^\s*data:/i.test(source.text.slice(line.valueStart, line.valueStart + 20));
  const format = source.dialect === 'legacy' ? 'vcard21' : isAddress ? 'vcard40' : 'vcard30';
  return [{ ...gone, text: write(group === undefined ? property : { ...property, group }, format) }];
}

/** Values in which components stand behind each other as they are. */
const hasMoreParts = (source: ValueSource, line: ContentLine, most: number): boolean =>
  line.encoding !== 'base64' && unfoldedValue(source, line).split(COMPONENT).length > most;
const firstParts = (source: ValueSource, line: ContentLine, most: number): Edit => ({
  start: line.valueStart,
  end: line.valueEnd,
  text: unfoldedValue(source, line).split(COMPONENT).slice(0, most).join(';'),
});
/** The backslash before a semicolon may be encoded, in quoted-printable. */
const COMPONENT = /(?<!\\|=5C);/i;

const without = ({ text }: ValueSource, line: ContentLine): Edit => ({ start: line.start, end: wholeEnd(text, line), text: '' });

/** The value within its limit: cut, or left out where a part of it is worth nothing. */
function fitted(source: ValueSource, line: ContentLine, { noTruncate }: PropertyLimit, maxSize: number): readonly Edit[] {
  const { name } = line;
  if (WHOLE.has(name) && !CUT_ONLY.has(name)) return [];
  const isBinary = BINARY.has(name) || line.encoding === 'base64';
  if (isBinary && maxSize < LEAST_BINARY) return [];
  const size = isBinary ? unfoldedValue(source, line).length : Buffer.byteLength(textValue(source, line), 'utf8');
  if (size <= maxSize) return [];
  if (isBinary || noTruncate) return CUT_ONLY.has(name) ? [] : [without(source, line)];
  return [{ start: line.valueStart, end: line.valueEnd, text: cut(source, line, maxSize) }];
}

/** A quoted-printable octet, or a byte. */
const UNIT = /=[0-9A-Fa-f]{2}|[^]/g;

/** The longest beginning of a value whose text has at most `maxSize` bytes and breaks no character and no escape. */
function cut(source: ValueSource, line: ContentLine, maxSize: number): string {
  const raw = unfoldedValue(source, line);
  const units = line.encoding === 'quoted-printable' ? (raw.match(UNIT) ?? []) : [...raw];
  const textOf = (value: string): string =>
    textValue({ ...source, text: value }, { ...line, valueStart: 0, valueEnd: value.length, multiline: false });
  const whole = textOf(raw);
  for (let count = Math.min(units.length, maxSize); count > 0; count -= 1) {
    const value = units.slice(0, count).join('');
    const text = textOf(value);
    if (Buffer.byteLength(text, 'utf8') <= maxSize && whole.startsWith(text) && !/(?:^|[^\\])(?:\\\\)*\\$/.test(value)) return value;
  }
  return '';
}

function inZone(source: ValueSource, line: ContentLine, zone: string): readonly Edit[] {
  if (line.encoding !== 'none') return [];
  const value = source.text.slice(line.valueStart, line.valueEnd);
  const local = inLocalTime(value, zone);
  return local === value ? [] : [{ start: line.valueStart, end: line.valueEnd, text: local }];
}

/** A rule that names days of the week or the month would name others when its first day moves to the next date. */
function keepsItsDays(source: ValueSource, entry: Component, zone: string): boolean {
  if (!entry.lines.some(({ name }) => RULES.has(name))) return true;
  return entry.lines
    .filter(({ name }) => name === 'DTSTART')
    .every((line) => {
      const start = unfoldedValue(source, line);
      return inLocalTime(start, zone).slice(0, 8) === start.slice(0, 8);
    });
}
