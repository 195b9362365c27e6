/**
 * What a device means by an item it sends: the difference against what it held. A value that was cut on the way to it, left out, or
 * written in local time, and comes back as it went, is no change; neither is the absence of a property the device does not have.
 */
import { limitFor, pictureLimits, type Abilities } from './abilities.js';
import { wholeText } from './cut-texts.js';
import { applyEdits, type Edit } from './entries.js';
import type { ContentLine } from './lines.js';
import { absentKept } from './conversion/sif/edits.js';
import { isSifPhotoHeld, PHOTO } from './sif-photo.js';
import { normalizeMediaType, syntaxOf } from './media-type.js';
import { PICTURES } from './photos.js';
import { held } from './phone-form/echo.js';
import { looseNames, mayBe, typedAs, untyped, withFurtherParts } from './phone-form/loose.js';
import { selectorOf } from './phone-form/selectors.js';
import { sourceOf } from './rendering.js';
import { mayLack } from './seen.js';
import { binaryValue } from './value.js';
import { ended, itemOf, meaning, put, saysOf, sideOf, textOf, wrapped, type Side } from './side.js';
import { parseSif } from './sif-document.js';
import { isItsDay, leavesOutTheSame, onOurClock, sameRules, sayOneEnd, TASK_DAYS, type Comparison } from './taken-times.js';
import { Waiting } from './waiting.js';
import { ZONE_MARK } from './zones/legacy.js';
import { ianaZone, toUtc } from './zones/zone.js';

/** Set by writers, not by people; kept when a device leaves it out. */
const KEPT: ReadonlySet<string> = new Set(['UID', 'RECURRENCE-ID', ZONE_MARK]);
/** Of these an item has one: what the device writes stands instead of the one it could not be shown. */
const SINGLE: ReadonlySet<string> = new Set('N FN NOTE TITLE ROLE ORG NICKNAME PHOTO LOGO SOUND SUMMARY DESCRIPTION LOCATION'.split(' '));

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
  const text = wholeText(name, { ours, theirs, whole, mediaType, abilities });
  if (text !== undefined) return text;
  const { maxOccur: most = mine.length, maxParts } = limitFor(abilities, name) ?? {};
  const shown = mine.slice(0, most).map((line) => ({ line, held: heldOf(ours, line, mediaType, abilities) }));
  if (whole && isOnlyFirst(name, abilities)) hideOthers(shown, whole.lines.get(name) ?? [], whole, mediaType);
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
  held: Held | undefined;
}

/** A phone that gets the first of several alone was not shown the others, each of which it would get if it were the only one. */
const isOnlyFirst = (name: string, { traits }: Abilities): boolean =>
  traits?.fields?.firstOnly?.some((text) => selectorOf(text).name === name) === true;

function hideOthers(shown: readonly Shown[], given: readonly ContentLine[], whole: Side, mediaType: string): void {
  const left = given.map((line) => meaning(whole, [line], mediaType));
  for (const one of shown) {
    const at = one.held === undefined ? -1 : left.indexOf(one.held.meaning);
    if (at < 0) one.held = undefined;
    else left.splice(at, 1);
  }
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
  saysOf(wrapped(side, untyped(sourceOf(side.document, mediaType), line)), mediaType);

function furtherParts(ours: Side, theirs: Side, mine: ContentLine, sent: ContentLine, kept: number): string {
  const offsets = { mine: mine.valueStart - mine.start, sent: sent.valueStart - sent.start };
  return withFurtherParts(textOf(ours, [mine]), textOf(theirs, [sent]), mine, sent, kept, offsets);
}
