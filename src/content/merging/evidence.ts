/**
 * Whether two items of one name are one thing. A name alone does not tell: fathers and sons share it, and meetings are called like others. What
 * they have in common speaks for it, what differs and cannot both be true speaks against it.
 */
import { entryKind } from '../calendar.js';
import { parseDocument, type Component, type Document } from '../components.js';
import { basicDateTime } from '../date-time.js';
import { decodeText, toBinary } from '../charset.js';
import { identityMoment } from '../identity-moment.js';
import { loose, looseName } from '../identity.js';
import type { ContentLine } from '../lines.js';
import { normalizeMediaType, syntaxOf } from '../media-type.js';
import { sifContact } from '../sif.js';
import { structuredValue, textValue, unescapeText, type ValueSource } from '../value.js';
import { sourceOf } from '../rendering.js';
import type { Version } from './merge.js';
import { shareNumber, type Countries } from './phone-numbers.js';

/** `against`: they are two things, although they look alike. `silent`: nothing tells, but that they look alike. */
export type Evidence = 'for' | 'silent' | 'against';

/**
 * @param alike what they are known to have in common: their identity, or what only perhaps makes them one (`Described.loose`).
 * Never throws.
 */
export function evidence(ours: Version, theirs: Version, alike: 'identity' | 'loose', countries: Countries = {}): Evidence {
  const one = factsOf(ours);
  const other = factsOf(theirs);
  if (one.kind === 'contact' && other.kind === 'contact') return ofContacts(one, other, countries);
  if (one.kind === 'entry' && other.kind === 'entry') return alike === 'identity' ? ofEntries(one, other) : ofEntriesOfOneUid(one, other);
  // A note that was rewritten has its title in common with what it was, and may have no more.
  if (one.kind === 'note' && other.kind === 'note') return alike === 'identity' ? 'silent' : ofNotes(one, other);
  return 'silent';
}

interface Contact {
  readonly kind: 'contact';
  /** As they are written. */
  readonly phones: readonly string[];
  readonly emails: ReadonlySet<string>;
  readonly uid: string;
  readonly company: string;
  readonly middle: string;
  /** Jr., Sr., III. */
  readonly generation: string;
  /** `YYYYMMDD`, or `--MMDD`. */
  readonly birthday: string;
}

interface Entry {
  readonly kind: 'entry';
  readonly title: string;
  readonly start: string;
  readonly uid: string;
  /** What two entries of one title and start may differ in. */
  readonly others: readonly string[];
}

interface Note {
  readonly kind: 'note';
  readonly lines: ReadonlySet<string>;
}

type Facts = Contact | Entry | Note | { readonly kind: 'none' };
const NONE: Facts = { kind: 'none' };

function ofContacts(a: Contact, b: Contact, countries: Countries): Evidence {
  if (a.generation !== b.generation || !mayBeOneName(a.middle, b.middle) || !mayBeOneDay(a.birthday, b.birthday)) return 'against';
  if (share(a.emails, b.emails) || (a.uid.length >= MIN_UID && a.uid === b.uid) || shareNumber(a.phones, b.phones, countries)) return 'for';
  if ((a.phones.length > 0 && b.phones.length > 0) || (a.emails.size > 0 && b.emails.size > 0)) return 'against';
  return a.company !== '' && b.company !== '' && a.company !== b.company ? 'against' : 'silent';
}

/** Shorter ones are a phone's own numbers. */
const MIN_UID = 12;

const share = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].some((one) => b.has(one));

/** `A.` may stand for Adele; nothing for anything. */
const mayBeOneName = (a: string, b: string): boolean => a === '' || b === '' || a.startsWith(b) || b.startsWith(a);

const DAY_MS = 86_400_000;

/** A day more or less comes of phones that keep birthdays as moments; not all of them keep the year. */
function mayBeOneDay(a: string, b: string): boolean {
  const haveYears = [a, b].every((text) => /^\d{4}/.test(text));
  const day = (text: string): number => {
    const match = /^(\d{4}|--)-?(\d\d)-?(\d\d)/.exec(text);
    return match ? Date.UTC(haveYears ? Number(match[1]) : 2000, Number(match[2]) - 1, Number(match[3])) : NaN;
  };
  const apart = Math.abs(day(a) - day(b));
  return Number.isNaN(apart) || apart <= DAY_MS || (!haveYears && apart >= 365 * DAY_MS);
}

function ofEntries(a: Entry, b: Entry): Evidence {
  if (a.uid !== '' && a.uid === b.uid) return 'for';
  const both = a.others.flatMap((one, at) => (one === '' || (b.others[at] ?? '') === '' ? [] : [one === b.others[at]]));
  if (both.includes(true)) return 'for';
  // An edit changes one thing at a time.
  return both.length > 1 ? 'against' : 'silent';
}

/** Some phones number their entries from 1, as others do. */
const ofEntriesOfOneUid = (a: Entry, b: Entry): Evidence => (a.title === b.title || a.start === b.start ? 'for' : 'against');

function ofNotes(a: Note, b: Note): Evidence {
  if (a.lines.size === 0 || b.lines.size === 0) return 'silent';
  return share(a.lines, b.lines) ? 'for' : 'against';
}

function factsOf({ bytes, type }: Version): Facts {
  const media = normalizeMediaType(type);
  switch (syntaxOf(media)) {
    case 'lines': {
      const document = parseDocument(bytes);
      return document ? lineFacts(document, media) : NONE;
    }
    case 'sif': {
      const found = sifContact(bytes);
      if (!found) return NONE;
      return contact(found);
    }
    case 'text':
      return noteFacts(decodeText(toBinary(bytes).text));
    default:
      return NONE;
  }
}

function noteFacts(text: string): Note {
  const lines = text
    .split(/[\r\n]+/)
    .map(loose)
    .filter((line) => line !== '');
  return { kind: 'note', lines: new Set(lines.slice(1)) };
}

function contact(said: {
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  readonly company: string;
  readonly uid?: string;
  readonly birthday?: string;
  readonly names?: readonly string[];
}): Contact {
  const [, , middle = '', , suffix = ''] = said.names ?? [];
  const generation = /\b(jr|sr|junior|senior|i{2,3}|iv)\b/.exec(looseName(suffix))?.[1] ?? '';
  return {
    kind: 'contact',
    phones: said.phones.filter((number) => number !== ''),
    emails: new Set(said.emails.map((address) => address.trim().toLowerCase()).filter((address) => address !== '')),
    uid: said.uid ?? '',
    company: looseName(said.company),
    middle: looseName(middle),
    generation: GENERATIONS[generation] ?? generation,
    birthday: said.birthday ?? '',
  };
}
const GENERATIONS: Readonly<Record<string, string>> = { junior: 'jr', senior: 'sr' };

function lineFacts(document: Document, media: string): Facts {
  const [root] = document.roots;
  if (!root) return NONE;
  const source = sourceOf(document, media);
  const text = (line: ContentLine): string => unescapeText(textValue(source, line), source.dialect).trim();
  if (root.name === 'VNOTE') {
    const body = root.lines.find(({ name }) => name === 'BODY');
    return noteFacts(body ? text(body) : '');
  }
  if (root.name !== 'VCARD') return entryFacts(source, root, text);
  const all = (name: string): readonly string[] => root.lines.filter((line) => line.name === name).map(text);
  const parts = (name: string): readonly string[] => {
    const line = root.lines.find((one) => one.name === name);
    return line ? structuredValue(textValue(source, line), source.dialect) : [];
  };
  return contact({
    phones: all('TEL'),
    emails: all('EMAIL'),
    company: parts('ORG')[0] ?? '',
    uid: all('UID')[0] ?? '',
    birthday: basicDateTime(all('BDAY')[0] ?? ''),
    names: parts('N'),
  });
}

function entryFacts(source: ValueSource, root: Component, text: (line: ContentLine) => string): Facts {
  const entries = entryKind(root.name) === undefined ? root.children.filter(({ name }) => entryKind(name) !== undefined) : [root];
  const entry = entries.find(({ lines }) => !lines.some(({ name }) => name === 'RECURRENCE-ID')) ?? entries[0];
  if (!entry) return NONE;
  const value = (name: string): string => {
    const line = entry.lines.find((one) => one.name === name);
    return line ? text(line) : '';
  };
  const start = entry.lines.find(({ name }) => name === (entry.name === 'VTODO' ? 'DUE' : 'DTSTART'));
  return {
    kind: 'entry',
    title: loose(value('SUMMARY') || (value('DESCRIPTION').split('\n')[0] ?? '')),
    start: start ? identityMoment(source, entry, root, start) : '',
    uid: value('UID'),
    others: [loose(value('LOCATION')), loose(value('DESCRIPTION'))],
  };
}
