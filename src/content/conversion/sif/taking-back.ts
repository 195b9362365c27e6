/** Changes that a device makes to a SIF item, or makes with one: by element, by property, and nothing else. */
import type { Component, Document } from '../../components.js';
import { applyEdits, type Edit } from '../../entries.js';
import type { SifDocument } from '../../sif-document.js';
import { durationOf } from '../alarms.js';
import { meaningOf, piecesOf, type Piece } from '../pieces.js';
import type { Property } from '../property.js';
import { endsAlike } from '../../recurrence/counted.js';
import { zoneNamed } from '../../zones/naming.js';
import { withTrigger } from '../triggers.js';
import { write } from '../writing.js';
import { secondsBetween } from '../zones.js';
import { contactFields, contactParts } from './contact.js';
import { entryFields, type EntryFilled } from './entry-fields.js';
import { entryParts } from './entry-parts.js';
import { SifEdits } from './edits.js';
import { asRead, elementText, extensionsOf, fieldsOf, type Field, type Fields, type Part } from './fields.js';
import { pivotEntry, type AsPivot } from './items.js';

interface PivotLine {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly property?: Property;
}

/** What the item says, and what it says of it in elements. */
interface Shown {
  readonly fields: Fields;
  readonly lines: ReadonlyMap<string, readonly PivotLine[]>;
  readonly partsOf: (fields: Fields) => readonly Part[];
}

/**
 * @param document the stored item in the pivot of its kind.
 * @param incoming what a device sends that was given a SIF item. Elements it does not send are ones it does not have.
 * @returns the document's bytes with the device's changes; undefined when there are none.
 */
export function sifTakenBack(document: Document, incoming: SifDocument): Uint8Array | undefined | 'unlike' {
  const { kind } = incoming;
  const found = kind === 'note' ? undefined : pivotEntry(document, kind);
  if (!found || kind === 'note') return 'unlike';
  const { source, entry, detached, zoneOf } = found;
  const shown = ((): Shown => {
    if (kind === 'contact') return { ...contactFields(source, entry), partsOf: contactParts };
    const filled = entryFields(source, entry, detached, zoneOf);
    return { ...filled, partsOf: (fields) => entryParts(kind, fields, filled.clock, filled.implied) };
  })();
  const given = new Map([...shown.fields].map(([name, field]) => [name, asRead(field)] as const));
  const before = new Map(shown.partsOf(given).map((part) => [part.id, part]));
  const sent = new Map([...given, ...fieldsOf(incoming)]);
  const after = new Map(shown.partsOf(sent).map((part) => [part.id, part]));
  const lines = mailLines(shown.lines, before, after);
  const edits = editsFor(document, entry, { before, after, lines, format: kind === 'contact' ? 'vcard30' : 'ical20' });
  return edits.length === 0 ? undefined : applyEdits(document.source.text, edits);
}

/** E-mail addresses have no kinds in SIF: one that moved to another element is the one it was. */
function mailLines(lines: Shown['lines'], before: Map<string, Part>, after: Map<string, Part>): ReadonlyMap<string, readonly PivotLine[]> {
  const isMail = (id: string): boolean => id.startsWith('EMAIL ');
  const mails = [...before].filter(([id]) => isMail(id));
  const sent = [...after].filter(([id]) => isMail(id));
  const moved = new Map([...lines].filter(([id]) => !isMail(id)));
  const left = [...mails];
  const unknown: (readonly [string, Part])[] = [];
  for (const [id] of [...mails, ...sent]) {
    before.delete(id);
    after.delete(id);
  }
  sent.forEach(([, part], at) => {
    const same = left.findIndex(([, { text }]) => text === part.text);
    const [known] = same < 0 ? [] : left.splice(same, 1);
    if (known) {
      before.set(`EMAIL ${at}`, known[1]);
      after.set(`EMAIL ${at}`, part);
      moved.set(`EMAIL ${at}`, lines.get(known[0]) ?? []);
    } else unknown.push([`EMAIL ${at}`, part]);
  });
  for (const [id, part] of unknown) {
    const [old] = left.splice(0, 1);
    if (old) before.set(id, old[1]);
    if (old) moved.set(id, lines.get(old[0]) ?? []);
    after.set(id, part);
  }
  left.forEach(([id, part], at) => {
    before.set(`EMAIL gone ${at}`, part);
    moved.set(`EMAIL gone ${at}`, lines.get(id) ?? []);
  });
  return moved;
}

interface Difference {
  readonly before: ReadonlyMap<string, Part>;
  readonly after: ReadonlyMap<string, Part>;
  readonly lines: ReadonlyMap<string, readonly PivotLine[]>;
  readonly format: 'vcard30' | 'ical20';
}

function editsFor(document: Document, entry: Component, difference: Difference): readonly Edit[] {
  const { before, after, lines } = difference;
  const edits: Edit[] = [];
  const fresh: string[] = [];
  const whole = document.source.text;
  const isMoved = before.get('DTSTART')?.text !== after.get('DTSTART')?.text;
  for (const id of new Set([...before.keys(), ...after.keys()])) {
    const part = after.get(id);
    const [line, ...others] = lines.get(id) ?? [];
    const isLength = line?.name === 'DURATION';
    if (part?.text === before.get(id)?.text && !(isLength && isMoved)) continue;
    if (id === 'RRULE' && hasOneEnd(before, after)) continue;
    for (const { start, end } of others) edits.push({ start, end, text: '' });
    if (!line) {
      if (part) fresh.push(part.text);
    } else if (!part) edits.push({ start: line.start, end: line.end, text: '' });
    else edits.push({ start: line.start, end: line.end, text: replaced(whole.slice(line.start, line.end), line, part, difference) });
  }
  const last = document.lines.find(({ name, end }) => name === 'END' && end === entry.end)?.start ?? entry.end;
  const isComponent = (text: string): boolean => text.startsWith('BEGIN:');
  for (const [at, texts] of [
    [entry.children[0]?.start ?? last, fresh.filter((text) => !isComponent(text))],
    [last, fresh.filter(isComponent)],
  ] as const)
    if (texts.length > 0) edits.push({ start: at, end: at, text: texts.join('') });
  return edits;
}

/** @NOTE Outlook fills in the number of times beside the last day it was given, and the other way round. */
function hasOneEnd(before: Difference['before'], after: Difference['after']): boolean {
  const seriesIn = (parts: Difference['before']) => {
    const [, tzid, start = ''] = /^DTSTART(?:;VALUE=DATE|;TZID="?([^";:]*)"?)?:([^\r\n]*)/.exec(parts.get('DTSTART')?.text ?? '') ?? [];
    return {
      start,
      zone: tzid === undefined ? undefined : zoneNamed(tzid),
      rule: /:([^\r\n]*)/.exec(parts.get('RRULE')?.text ?? '')?.[1] ?? '',
    };
  };
  const [was, is] = [seriesIn(before), seriesIn(after)];
  return was.rule !== '' && is.rule !== '' && endsAlike(was.rule, is.rule, was, is);
}

/** The part in the place of the line it was made of: what the element has no place for stays. */
function replaced(was: string, { property: old, name }: PivotLine, part: Part, { after, format }: Difference): string {
  if (part.name === 'VALARM') return withTrigger(was, part.text);
  if (name === 'DURATION') return asLength(was, after) ?? part.text;
  const { property } = part;
  if (!property || !old || old.name !== property.name) return part.text;
  const { value } = property;
  const parts = value.kind === 'parts' && old.value.kind === 'parts' ? merged(name, value.parts, old.value.parts) : undefined;
  const own = new Set(property.params.map(([key]) => key));
  const isPerson = name === 'ATTENDEE' || name === 'ORGANIZER';
  const isTime = property.params.some(([key]) => key === 'TZID') || /^(?:DT|DUE|EXDATE|RDATE|RRULE)/.test(name);
  const kept = isTime ? [] : old.params.filter(([key]) => !own.has(key) && !(isPerson && /^(?:CN|ROLE|PARTSTAT)$/.test(key)));
  return write(
    {
      ...property,
      ...(old.group === undefined ? {} : { group: old.group }),
      types: property.value.kind === 'bytes' ? property.types : old.types,
      params: [...property.params, ...kept],
      value: parts === undefined ? value : { kind: 'parts', parts },
    },
    format,
  );
}

/** Components that SIF has no element for: the extended address, and units below the office. */
function merged(name: string, parts: readonly string[], old: readonly string[]): readonly string[] {
  if (name === 'ADR') return parts.map((part, at) => (at === 1 ? (old[1] ?? '') : part));
  return name === 'ORG' ? [...parts, ...old.slice(Math.max(3, parts.length))] : parts;
}

function asLength(was: string, after: ReadonlyMap<string, Part>): string | undefined {
  const time = (id: string): string => {
    const text = /:([^\r\n]*)/.exec(after.get(id)?.text ?? '')?.[1] ?? '';
    return /^\d{8}$/.test(text) ? `${text}T000000` : text;
  };
  const seconds = secondsBetween(time('DTSTART'), time(after.has('DTEND') ? 'DTEND' : 'DUE'));
  return seconds === undefined || seconds < 0 ? undefined : `DURATION:${durationOf(seconds, /:P\d+[DW]/i.test(was))}\r\n`;
}

/**
 * @param stored a SIF item, `pivot` what it is in the pivot of its kind, `shown` the same read again.
 * @param meant the same with a device's changes.
 * @returns the stored item with them; undefined when there are none.
 */
export function pivotTakenBack(stored: SifDocument, pivot: AsPivot, shown: Document, meant: Document): Uint8Array | undefined | 'unlike' {
  const { kind } = stored;
  const [mine, theirs] = [pivotEntry(shown, kind), pivotEntry(meant, kind)];
  if (!mine || !theirs || kind === 'note') return 'unlike';
  const format = kind === 'contact' ? 'vcard30' : 'ical20';
  const before = piecesOf(shown, mine.entry, format);
  const after = piecesOf(meant, theirs.entry, format);
  if (kind !== 'contact') {
    const fieldsIn = ({ source, entry, detached, zoneOf }: typeof mine): EntryFilled => entryFields(source, entry, detached, zoneOf);
    const [was, is] = [fieldsIn(mine), fieldsIn(theirs)];
    const left = (pieces: readonly Piece[], { all }: EntryFilled): readonly Piece[] =>
      pieces.filter(({ start }) => all.some((line) => line.start === start && line.loss !== undefined && HOMELESS.has(line.loss)));
    return withFields(stored, was.fields, is.fields, left(before, was), left(after, is), format);
  }
  const prior = new Map<number, string>();
  let at = pivot.head.length;
  pivot.units.forEach(({ text }, index) => {
    const id = pivot.ids[index];
    if (text !== '' && id !== undefined) prior.set(at, id);
    at += text.length;
  });
  const was = contactFields(mine.source, mine.entry, prior);
  const is = contactFields(theirs.source, theirs.entry, sameParts(before, after, prior));
  const left = (pieces: readonly Piece[], lines: readonly { start: number }[]): readonly Piece[] =>
    pieces.filter(({ start }) => lines.some((line) => line.start === start));
  return withFields(stored, was.fields, is.fields, left(before, was.left), left(after, is.left), format);
}

/** Losses of a property as a whole. */
const HOMELESS: ReadonlySet<string> = new Set(['sif-no-element', 'sif-second', 'sif-rule', 'other-component']);

/** Which part each line of the changed item is: that of the line with the same meaning, else of one that is gone, of the same name and types. */
function sameParts(before: readonly Piece[], after: readonly Piece[], prior: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const waiting = before.map((piece) => ({ piece, id: prior.get(piece.start) }));
  const parts = new Map<number, string>();
  const head = ({ text }: Piece): string =>
    text
      .slice(0, Math.max(0, text.indexOf(':')))
      .toUpperCase()
      .split(/[;,]/)
      .sort()
      .join();
  const take = (piece: Piece, isSame: (other: Piece) => boolean): void => {
    if (parts.has(piece.start)) return;
    const found = waiting.findIndex((one) => one.piece.name === piece.name && isSame(one.piece));
    const [one] = found < 0 ? [] : waiting.splice(found, 1);
    if (one?.id !== undefined) parts.set(piece.start, one.id);
  };
  for (const piece of after) take(piece, ({ meaning }) => meaning === piece.meaning);
  for (const piece of after) take(piece, (other) => head(other) === head(piece));
  return parts;
}

function withFields(
  stored: SifDocument,
  was: Fields,
  is: Fields,
  leftBefore: readonly Piece[],
  leftAfter: readonly Piece[],
  format: 'vcard30' | 'ical20',
): Uint8Array | undefined {
  const edits = new SifEdits(stored);
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    const field = is.get(name) ?? { text: '' };
    if (same(was.get(name) ?? { text: '' }, field)) continue;
    edits.set(name, field);
  }
  // Properties without an element of their own.
  const known = new Set(leftBefore.map(({ meaning }) => meaning));
  const kept = new Set(leftAfter.map(({ meaning }) => meaning));
  for (const { meaning, text } of leftAfter) if (meaning !== '' && !known.has(meaning)) edits.add(text);
  for (const text of extensionsOf(stored)) {
    const meaning = meaningOf(text, format);
    if (known.has(meaning) && !kept.has(meaning)) edits.remove(text);
  }
  return edits.applied();
}

const same = (a: Field, b: Field): boolean => elementText('x', { ...a, attributes: '' }) === elementText('x', { ...b, attributes: '' });
