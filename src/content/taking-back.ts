/**
 * What a device means by an item it sends: the difference against what it held. A value that was cut on the way to it, left out, or
 * written in local time, and comes back as it went, is no change; neither is the absence of a property the device does not have.
 */
import { limitFor, pictureLimits, type Abilities } from './abilities.js';
import type { Component, Document } from './components.js';
import { basicDateTime } from './date-time.js';
import { describe } from './describe.js';
import { applyEdits, entriesOf, linesOf, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { absentKept } from './conversion/sif/edits.js';
import { isSifPhotoHeld, PHOTO } from './sif-photo.js';
import { inLocalTime } from './local-time.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { PICTURES } from './photos.js';
import { held } from './phone-form/echo.js';
import { looseNames, mayBe, typedAs, untyped, withFurtherParts } from './phone-form/loose.js';
import { sourceOf } from './rendering.js';
import { mayLack } from './seen.js';
import { binaryValue } from './value.js';
import { parseSif } from './sif-document.js';
import { endsAlike } from './recurrence/counted.js';
import { Waiting } from './waiting.js';
import { clocksOf } from './recurrence/two-clocks.js';
import { textValue } from './value.js';
import { seriesIn } from './recurrence/series-in.js';
import { ZONE_MARK } from './zones/legacy.js';
import { ianaZone, toLocal, toUtc } from './zones/zone.js';

/** Set by writers, not by people; kept when a device leaves it out. */
const KEPT: ReadonlySet<string> = new Set(['UID', 'RECURRENCE-ID', ZONE_MARK]);
/** Of these an item has one: what the device writes stands instead of the one it could not be shown. */
const SINGLE: ReadonlySet<string> = new Set('N FN NOTE TITLE ROLE ORG NICKNAME PHOTO LOGO SOUND SUMMARY DESCRIPTION LOCATION'.split(' '));

interface Side {
  readonly document: Document;
  readonly entry: Component;
  readonly lines: ReadonlyMap<string, readonly ContentLine[]>;
  /** Of its properties and of what is inside of it. */
  readonly names: ReadonlySet<string>;
}

/**
 * @param stored the item as it was when the device got it (or as it is now, where that is no longer kept).
 * @param incoming what the device sends, of the same media type.
 * @returns what the item is to be: `incoming` itself where nothing of `stored` has to be kept. Never throws.
 */
export function takeBack(stored: Uint8Array, incoming: Uint8Array, mediaType: string, abilities: Abilities): Uint8Array {
  if (syntaxOf(normalizeMediaType(mediaType)) === 'sif') return sifTakenBack(stored, incoming, abilities);
  const ours = sideOf(stored, mediaType);
  const theirs = sideOf(incoming, mediaType);
  if (!ours || !theirs || ours.entry.name !== theirs.entry.name) return incoming;
  const whole = sideOf(held(stored, mediaType, abilities), mediaType);
  const edits: Edit[] = [];
  for (const name of ours.lines.keys()) {
    const text = meant(name, { ours, theirs, whole, mediaType, abilities });
    if (text !== textOf(theirs, theirs.lines.get(name) ?? [])) edits.push(...put(theirs, name, text));
  }
  edits.push(...innerKept(ours, theirs, abilities));
  // What was put in on the way to it is none of its edits.
  for (const [name, sent] of theirs.lines) {
    const shown = ours.lines.has(name) ? undefined : whole?.lines.get(name);
    if (shown && whole && meaning(theirs, sent, mediaType) === meaning(whole, shown, mediaType)) edits.push(...put(theirs, name, ''));
  }
  return edits.length === 0 ? incoming : applyEdits(theirs.document.source.text, edits);
}

/** Alarms of a device that may have none. */
function innerKept(ours: Side, theirs: Side, { properties, seen }: Abilities): readonly Edit[] {
  if (properties || !seen) return [];
  const { text } = ours.document.source;
  const kept = ours.entry.children.filter(({ name }) => !theirs.names.has(name) && mayLack(seen, ours.entry, name, theirs.names));
  return kept.length === 0 ? [] : put(theirs, '', kept.map(({ begin, end }) => ended(text.slice(begin.start, end))).join(''));
}

/** @NOTE Funambol clients write every element they know, so one that is not there is one they do not know. */
function sifTakenBack(stored: Uint8Array, incoming: Uint8Array, abilities: Abilities): Uint8Array {
  const { properties, withoutMedia } = abilities;
  const [ours, theirs] = [parseSif(stored), parseSif(incoming)];
  if (typeof ours === 'string' || typeof theirs === 'string') return incoming;
  const has = properties && ((name: string) => properties.has(name.toUpperCase()) && !(withoutMedia && name === PHOTO));
  return absentKept(ours, theirs, { has, isHeld: (name, was, sent) => name === PHOTO && isSifPhotoHeld(was, sent, abilities) }) ?? incoming;
}

/** Only an item that is one entry can be compared line by line. */
function sideOf(bytes: Uint8Array, mediaType: string): Side | undefined {
  const document = linesOf(bytes, mediaType);
  const entries = document ? entriesOf(document) : [];
  const [entry] = entries;
  if (!document || !entry || entries.length > 1) return undefined;
  const lines = new Map<string, ContentLine[]>();
  for (const line of entry.lines) if (line.name !== '') lines.set(line.name, [...(lines.get(line.name) ?? []), line]);
  return { document, entry, lines, names: new Set([...lines.keys(), ...entry.children.map(({ name }) => name)]) };
}

interface Comparison {
  readonly ours: Side;
  readonly theirs: Side;
  /** What the device holds of the item, all of it: some things depend on each other. */
  readonly whole: Side | undefined;
  readonly mediaType: string;
  readonly abilities: Abilities;
}

/** The lines of a property as they are to stand: ours where the device sends back what it held of them, else what it sends. */
function meant(name: string, { ours, theirs, whole, mediaType, abilities }: Comparison): string {
  const mine = ours.lines.get(name) ?? [];
  const sent = theirs.lines.get(name) ?? [];
  const isUnknown = abilities.properties
    ? !abilities.properties.has(name)
    : abilities.seen !== undefined && mayLack(abilities.seen, ours.entry, name, theirs.names);
  // It says on which clock the days of the rule are.
  if (name === ZONE_MARK && !sameRules(ours, theirs, whole, mediaType)) return textOf(theirs, sent);
  const isHidden = whole !== undefined && !whole.lines.has(name);
  if (sent.length === 0 && (isUnknown || isHidden || KEPT.has(name))) return textOf(ours, mine);
  if (isTheOnlyOne(name, whole, mine, sent) && meaning(theirs, sent, mediaType) === meaning(whole, whole.lines.get(name) ?? [], mediaType))
    return textOf(ours, mine);
  if (TASK_DAYS.has(name) && isTheOnlyOne(name, whole, mine, sent) && isItsDay(name, whole, theirs, mediaType, abilities))
    return textOf(ours, mine);
  if (name === 'EXDATE' && whole && leavesOutTheSame(whole, theirs, mediaType)) return textOf(ours, mine);
  if (name === 'RRULE' && isTheOnlyOne(name, whole, mine, sent) && sayOneEnd(whole, theirs, mediaType, abilities))
    return textOf(ours, mine);
  if (PICTURES.has(name) && sent.length === 0 && isThinned(name, ours, mine, mediaType, abilities)) return textOf(ours, mine);
  const { maxOccur: most = mine.length, maxParts } = limitFor(abilities, name) ?? {};
  const shown = mine.slice(0, most).map((line) => ({ line, held: heldOf(ours, line, mediaType, abilities) }));
  const { same, edited, left } = pairs(name, shown, sent, { ours, theirs, mediaType, abilities });
  const [only, ...others] = mine;
  const onClock = name === 'EXDATE' ? onOurClock({ ours, theirs, whole, mediaType, abilities }) : undefined;
  const result = sent.map((line) => {
    const unchanged = same.get(line);
    if (unchanged) return textOf(ours, [unchanged]);
    if (only && abilities.localZone !== undefined && TIMES.has(name))
      return inUtcAsStored(textOf(theirs, [line]), textOf(ours, [only]), abilities.localZone);
    if (onClock) return onClock(textOf(theirs, [line]));
    const was = edited.get(line);
    const text = was ? typedAs(sourceOf(theirs.document, mediaType), line, was) : textOf(theirs, [line]);
    return maxParts === undefined || !only || others.length > 0 ? text : furtherParts(ours, theirs, only, line, maxParts);
  });
  // What the device could not be shown it could not delete either.
  const leftOut = sent.length === 0 || !SINGLE.has(name) ? left.filter((one) => one.held === undefined).map(({ line }) => line) : [];
  return [...result, textOf(ours, leftOut), textOf(ours, mine.slice(most))].join('');
}

/** A phone that got a photo made smaller, and lists no photos, may have dropped it by itself. */
const isThinned = (name: string, ours: Side, mine: readonly ContentLine[], mediaType: string, abilities: Abilities): boolean =>
  pictureLimits(abilities, name) !== undefined &&
  abilities.properties?.has(name) !== true &&
  mine.some((line) => heldOf(ours, line, mediaType, abilities)?.meaning !== meaning(ours, [line], mediaType));

interface Shown {
  readonly line: ContentLine;
  readonly held: Held | undefined;
}

interface Paired {
  readonly same: ReadonlyMap<ContentLine, ContentLine>;
  readonly edited: ReadonlyMap<ContentLine, ContentLine>;
  /** What is none of these. */
  readonly left: readonly Shown[];
}

/** So many of ours are looked at for the one that a device has edited. */
const MAX_LOOKS = 100;

/**
 * Which of ours the device sends back, and which it has edited: first what is just as it was given, then what differs in types a phone does not
 * keep, at last what can have been only this one.
 */
function pairs(
  name: string,
  shown: readonly Shown[],
  sent: readonly ContentLine[],
  { ours, theirs, mediaType, abilities }: Omit<Comparison, 'whole'>,
): Paired {
  const same = new Map<ContentLine, ContentLine>();
  const edited = new Map<ContentLine, ContentLine>();
  const waiting = new Waiting(shown);
  const take = (found: Map<ContentLine, ContentLine>, taken: (line: ContentLine) => Shown | undefined): void => {
    for (const line of sent) {
      const one = same.has(line) || edited.has(line) ? undefined : taken(line);
      if (one) found.set(line, one.line);
    }
  };
  const asGiven = waiting.by((one) => one.held?.meaning);
  take(same, (line) => asGiven(meaning(theirs, [line], mediaType)));
  if (PICTURES.has(name))
    take(same, (line) => waiting.first(MAX_LOOKS, (one) => showsTheSame([ours, one.line], [theirs, line], mediaType, abilities)));
  const looseness = looseNames(abilities).get(name);
  if (looseness === undefined) return { same, edited, left: waiting.left() };
  const untypedly = waiting.by((one) => one.held?.untyped);
  take(same, (line) => untypedly(untypedMeaning(theirs, line, mediaType)));
  take(edited, (line) => waiting.first(MAX_LOOKS, (one) => one.held !== undefined && mayBe(looseness, one.line, line)));
  return { same, edited, left: waiting.left() };
}

/** A phone may encode a picture anew before it sends it back: as it was given it, or the whole one of before its limits changed. */
function showsTheSame(
  mine: readonly [Side, ContentLine],
  sent: readonly [Side, ContentLine],
  mediaType: string,
  { samePicture }: Abilities,
): boolean {
  const bytesOf = ([{ document }, line]: readonly [Side, ContentLine]): Uint8Array | undefined =>
    binaryValue(sourceOf(document, mediaType), line);
  const [whole, back] = [bytesOf(mine), bytesOf(sent)];
  return whole !== undefined && back !== undefined && (Buffer.compare(whole, back) === 0 || samePicture?.(whole, back) === true);
}

function sameRules(ours: Side, theirs: Side, whole: Side | undefined, mediaType: string): boolean {
  const rules = (side: Side): string => meaning(side, side.lines.get('RRULE') ?? [], mediaType);
  return rules(whole ?? ours) === rules(theirs);
}

const TASK_DAYS: ReadonlySet<string> = new Set(['DTSTART', 'DUE']);

/** @NOTE Many phones keep the day of a task, and no time: its midnight, or its date alone, is the time it was given on that day. */
function isItsDay(name: string, whole: Side, theirs: Side, mediaType: string, { home, localZone }: Abilities): boolean {
  if (theirs.entry.name !== 'VTODO') return false;
  const zone = localZone ?? home;
  const timeOf = (side: Side): string => {
    const [line] = side.lines.get(name) ?? [];
    const text = line ? basicDateTime(textValue(sourceOf(side.document, mediaType), line)) : '';
    return text.endsWith('Z') && zone !== undefined ? inLocalTime(text, zone) : text;
  };
  const [given, sent] = [timeOf(whole), timeOf(theirs)];
  return /T(?!000000)\d{6}Z?$/.test(given) && /^\d{8}(?:T000000Z?)?$/.test(sent) && given.slice(0, 8) === sent.slice(0, 8);
}

/** A number of times, and the last of them: a phone keeps the one that it knows. */
function sayOneEnd(whole: Side, theirs: Side, mediaType: string, { home }: Abilities): boolean {
  const [held, sent] = [whole, theirs].map((side) => seriesIn(side.document, side.entry, sourceOf(side.document, mediaType).dialect, home));
  return held !== undefined && sent !== undefined && endsAlike(held.rule, sent.rule, held, sent);
}

const DATE = /(?<!\d)\d{8}(?:T\d{6}Z?)?(?!\d)/g;

/** The dates left out of a series, as they are written. */
const leftOutOf = ({ document, lines }: Side, mediaType: string): readonly string[] =>
  (lines.get('EXDATE') ?? []).flatMap((line) => textValue(sourceOf(document, mediaType), line).match(DATE) ?? []);

/** In one line or in many. */
function leavesOutTheSame(whole: Side, theirs: Side, mediaType: string): boolean {
  if ([...(whole.lines.get('EXDATE') ?? []), ...(theirs.lines.get('EXDATE') ?? [])].some(({ params }) => params.length > 0)) return false;
  const [held, sent] = [whole, theirs].map((side) => new Set(leftOutOf(side, mediaType)));
  return held?.size === sent?.size && [...(held ?? [])].every((date) => sent?.has(date));
}

/** Dates left out of a series that is stored on another clock than the phone's: what it was shown, as it is stored, and what it adds by its clock. */
function onOurClock({ ours, theirs, whole, mediaType, abilities: { home } }: Comparison): ((text: string) => string) | undefined {
  const [mark] = ours.lines.get(ZONE_MARK) ?? [];
  const [start] = theirs.lines.get('DTSTART') ?? [];
  const there = home === undefined ? undefined : ianaZone(home);
  if (!mark || !start || !there || !ours.lines.has('RRULE') || !sameRules(ours, theirs, whole, mediaType)) return undefined;
  const here = ianaZone(textValue(sourceOf(ours.document, mediaType), mark).trim());
  const begins = textValue(sourceOf(theirs.document, mediaType), start).trim();
  if (!here || !begins.endsWith('Z')) return undefined;
  const clocks = clocksOf({ start: toLocal(begins, there), zone: there }, { start: toLocal(begins, here), zone: here });
  const [stored, shown] = [leftOutOf(ours, mediaType), whole ? leftOutOf(whole, mediaType) : []];
  const known = new Map(stored.length === shown.length ? shown.map((date, at) => [date, stored[at] ?? date]) : []);
  return clocks && ((text) => text.replace(DATE, (date) => known.get(date) ?? clocks.time(date) ?? date));
}

/** Times a device was shown on its clock. */
const TIMES: ReadonlySet<string> = new Set('DTSTART DTEND DUE EXDATE RDATE AALARM DALARM'.split(' '));

/** A moved time of a device that was given local times for UTC. */
function inUtcAsStored(text: string, was: string, localZone: string): string {
  const zone = /:\d{8}T\d{6}Z/.test(was) ? ianaZone(localZone) : undefined;
  return zone ? text.replace(/(?<!\d)\d{8}T\d{6}(?![\dZ])/g, (local) => toUtc(local, zone)) : text;
}

type Comparable = Comparison & { readonly whole: Side };

/** One of ours, one it holds, one it sends: that is it. */
const isTheOnlyOne = (
  name: string,
  whole: Comparison['whole'],
  mine: readonly ContentLine[],
  sent: readonly ContentLine[],
): whole is Comparable['whole'] => mine.length === 1 && sent.length === 1 && whole?.lines.get(name)?.length === 1;

/** What the device holds of one of our lines; undefined: it was left out. */
function heldOf(ours: Side, line: ContentLine, mediaType: string, abilities: Abilities): Held | undefined {
  const side = sideOf(held(itemOf(ours, [line]), mediaType, abilities), mediaType);
  const lines = side?.lines.get(line.name);
  const [first] = lines ?? [];
  if (!side || !lines || !first) return undefined;
  return { meaning: meaning(side, lines, mediaType), untyped: untypedMeaning(side, first, mediaType) };
}

interface Held {
  readonly meaning: string;
  /** Whatever its types are. */
  readonly untyped: string;
}

const untypedMeaning = (side: Side, line: ContentLine, mediaType: string): string =>
  Buffer.from(describe(wrapped(side, untyped(sourceOf(side.document, mediaType), line)), mediaType).canonical).toString('latin1');

function furtherParts(ours: Side, theirs: Side, mine: ContentLine, sent: ContentLine, kept: number): string {
  const offsets = { mine: mine.valueStart - mine.start, sent: sent.valueStart - sent.start };
  return withFurtherParts(textOf(ours, [mine]), textOf(theirs, [sent]), mine, sent, kept, offsets);
}

const textOf = ({ document }: Side, lines: readonly ContentLine[]): string =>
  lines.map(({ start, end }) => ended(document.source.text.slice(start, end))).join('');

const ended = (line: string): string => (/[\r\n]$/.test(line) ? line : `${line}\r\n`);

/** What these lines say, however they are written: the canonical form of an item that has no others. */
const meaning = (side: Side, lines: readonly ContentLine[], mediaType: string): string =>
  Buffer.from(describe(itemOf(side, lines), mediaType).canonical).toString('latin1');

/** An item with these lines and no others. */
const itemOf = (side: Side, lines: readonly ContentLine[]): Uint8Array => wrapped(side, textOf(side, lines));

const frames = new WeakMap<Side, readonly [string, string]>();

/** What stands around the lines of an entry in an item that has no others. */
function frameOf(side: Side): readonly [string, string] {
  const known = frames.get(side);
  if (known) return known;
  const { entry } = side;
  const root = side.document.roots.find((one) => one === entry || one.children.includes(entry)) ?? entry;
  const versions = root.lines.filter(({ name }) => name === 'VERSION');
  const [begin, end] = root === entry ? ['', ''] : [`BEGIN:${entry.name}\r\n`, `END:${entry.name}\r\n`];
  const frame = [`BEGIN:${root.name}\r\n${textOf(side, versions)}${begin}`, `${end}END:${root.name}\r\n`] as const;
  frames.set(side, frame);
  return frame;
}

function wrapped(side: Side, inner: string): Uint8Array {
  const [head, tail] = frameOf(side);
  return Buffer.from(head + inner + tail, 'latin1');
}

/** Puts lines where the device has its lines of that name, or before the end of the entry. */
function put({ document, entry, lines }: Side, name: string, text: string): readonly Edit[] {
  const [first, ...rest] = lines.get(name) ?? [];
  if (first) return [{ start: first.start, end: first.end, text }, ...rest.map(({ start, end }) => ({ start, end, text: '' }))];
  const end = document.lines.find((line) => line.name === 'END' && line.end === entry.end);
  const at = end?.start ?? entry.end;
  return [{ start: at, end: at, text }];
}
