/**
 * Which properties a device is known to have that lists none: those it was seen to write, and those no device is without. What it never wrote and
 * leaves out of an item it cannot have taken away: perhaps it has no place for it. [DevInf 1.2, "CTCap"]
 */
import type { Component } from './components.js';
import { entriesOf, linesOf } from './entries.js';

/** Names of properties and of inner components, by the kind of entry (`VCARD`, `VEVENT` …), in the order they were seen. */
export type Seen = Readonly<Record<string, readonly string[]>>;

/** Names that are remembered of a kind of entry; a device that makes up more has those it wrote first. */
const MOST = 200;
/** Characters of a name. */
const LONGEST = 40;

/** What an entry is made of: nobody's phone is without it. */
const EVERYWHERE: Readonly<Record<string, ReadonlySet<string>>> = {
  VCARD: new Set(['N', 'FN', 'TEL']),
  VEVENT: new Set(['SUMMARY', 'DTSTART', 'DTEND', 'DURATION']),
  VTODO: new Set(['SUMMARY']),
  VJOURNAL: new Set(['SUMMARY', 'DESCRIPTION']),
  VNOTE: new Set(['BODY', 'SUMMARY']),
};
/** They tell of the writing, not of what is written: the old ones would lie. */
const STAMPS: ReadonlySet<string> = new Set(['REV', 'DTSTAMP', 'LAST-MODIFIED', 'SEQUENCE', 'X-IRMC-LUID', 'X-SYMBIAN-LUID']);
/** One thing under several names: who writes one of them has taken the others away. */
const ALTERNATIVES: readonly (readonly string[])[] = [
  ['AALARM', 'DALARM', 'MALARM', 'PALARM', 'VALARM'],
  ['ADR', 'LABEL'],
  ['DUE', 'DURATION'],
];

/** @returns undefined when there is nothing in the item that was not seen before. Never throws. */
export function seenWith(seen: Seen, bytes: Uint8Array, mediaType: string): Seen | undefined {
  const document = linesOf(bytes, mediaType);
  if (!document) return undefined;
  let all: Record<string, readonly string[]> | undefined;
  for (const entry of entriesOf(document)) {
    if (!(entry.name in EVERYWHERE)) continue;
    const known = (all ?? seen)[entry.name] ?? [];
    const fresh = namesIn(entry).filter((name) => name.length <= LONGEST && !known.includes(name));
    if (fresh.length > 0 && known.length < MOST) all = { ...(all ?? seen), [entry.name]: [...known, ...fresh].slice(0, MOST) };
  }
  return all;
}

const FRAME: ReadonlySet<string> = new Set(['', 'BEGIN', 'END', 'VERSION', 'PRODID']);

const namesIn = ({ lines, children }: Component): readonly string[] =>
  [...new Set([...lines, ...children].map(({ name }) => name))].filter((name) => !FRAME.has(name));

/** May the device be without what is called `name`, so that its absence in what it sends says nothing? */
export function mayLack(seen: Seen, { name: kind }: Component, name: string, sent: ReadonlySet<string>): boolean {
  const always = EVERYWHERE[kind];
  if (!always || always.has(name) || STAMPS.has(name) || seen[kind]?.includes(name)) return false;
  return !ALTERNATIVES.some((names) => names.includes(name) && names.some((other) => other !== name && sent.has(other)));
}

/** Does the device leave something out of the item that it may have no place for? @param stored, sent of the same media type. */
export function leavesOut(seen: Seen, stored: Uint8Array, sent: Uint8Array, mediaType: string): boolean {
  const [ours, theirs] = [linesOf(stored, mediaType), linesOf(sent, mediaType)];
  const [mine, ...others] = ours ? entriesOf(ours) : [];
  const [their] = theirs ? entriesOf(theirs) : [];
  if (!mine || !their || others.length > 0) return false;
  const names = new Set(namesIn(their));
  return namesIn(mine).some((name) => !names.has(name) && mayLack(seen, mine, name, names));
}
