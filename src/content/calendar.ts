import type { Component, Document } from './components.js';
import { basicDateTime, plainDuration, utcStamp } from './date-time.js';
import { entryIdentity, entryLoose, firstLine, noteIdentity, noteLoose } from './identity.js';
import { identityMoment } from './identity-moment.js';
import type { ContentLine } from './lines.js';
import { canonicalParams, paramValue, typesOf } from './params.js';
import { atom, binaryRecord, HEAD, record, recordSet } from './record.js';
import { recurrenceRule } from './recurrence-rule.js';
import { ZONE_MARK } from './zones/legacy.js';
import { binaryValue, listValue, structuredValue, textValue, unescapeText, type Dialect, type ValueSource } from './value.js';

type Rule = 'drop' | 'text' | 'structured' | 'word' | 'list' | 'moment' | 'moments' | 'duration' | 'rule' | 'address' | 'binary';

/** How each property of an entry is compared; unknown ones as structured values. */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['VERSION', 'drop'],
  ['PRODID', 'drop'],
  ['METHOD', 'drop'],
  ['UID', 'drop'],
  ['DTSTAMP', 'drop'],
  ['LAST-MODIFIED', 'drop'],
  ['CREATED', 'drop'],
  ['DCREATED', 'drop'],
  ['SEQUENCE', 'drop'],
  ['X-LIC-ERROR', 'drop'],
  ['X-MOZ-GENERATION', 'drop'],
  ['X-MOZ-LASTACK', 'drop'],
  ['X-WR-ALARMUID', 'drop'],
  ['SUMMARY', 'text'],
  ['DESCRIPTION', 'text'],
  ['LOCATION', 'text'],
  ['COMMENT', 'text'],
  ['CONTACT', 'text'],
  ['URL', 'text'],
  ['TZID', 'text'],
  ['TZNAME', 'text'],
  ['BODY', 'text'],
  ['SUBJECT', 'text'],
  [ZONE_MARK, 'drop'],
  ['X-WR-CALNAME', 'drop'],
  ['X-WR-TIMEZONE', 'drop'],
  ['X-WR-CALDESC', 'drop'],
  ['X-WR-RELCALID', 'drop'],
  ['CATEGORIES', 'list'],
  ['RESOURCES', 'list'],
  ['DTSTART', 'moment'],
  ['DTEND', 'moment'],
  ['DUE', 'moment'],
  ['COMPLETED', 'moment'],
  ['RECURRENCE-ID', 'moment'],
  ['ACKNOWLEDGED', 'moment'],
  ['EXDATE', 'moments'],
  ['RDATE', 'moments'],
  ['DURATION', 'duration'],
  ['TRIGGER', 'duration'],
  ['RRULE', 'rule'],
  ['EXRULE', 'rule'],
  ['STATUS', 'word'],
  ['CLASS', 'word'],
  ['TRANSP', 'word'],
  ['PRIORITY', 'word'],
  ['ACTION', 'word'],
  ['CALSCALE', 'word'],
  ['ATTENDEE', 'address'],
  ['ORGANIZER', 'address'],
  ['ATTACH', 'binary'],
]);

const LOCAL_ID = /^X-.*LUID$/;

/** Values that mean the same as no property. [RFC 5545, "Component Properties"; vCalendar 1.0 writes TRANSP:0 for OPAQUE] */
const DEFAULT_WORDS = new Set(['CLASS:PUBLIC', 'TRANSP:OPAQUE', 'TRANSP:0', 'PRIORITY:0', 'CALSCALE:GREGORIAN']);

/** Zone names that programs agree about, whatever path stands before them. Others mean what their VTIMEZONE says. */
const KNOWN_ZONE =
  /(?:^|\/)(?:(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc)\/[\w+-]+(?:\/[\w+-]+)?|UTC|GMT)$/;

export type EntryKind = 'vevent' | 'vtodo' | 'vjournal' | 'vnote';

/** What a calendar item says, reduced to what counts. */
export interface CalendarView {
  readonly kind: EntryKind;
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly loose: string | undefined;
  readonly label: string;
  readonly modified: string | undefined;
}

const KINDS: ReadonlyMap<string, EntryKind> = new Map<string, EntryKind>([
  ['VEVENT', 'vevent'],
  ['VTODO', 'vtodo'],
  ['VJOURNAL', 'vjournal'],
  ['VNOTE', 'vnote'],
]);

/** The kind that a component name stands for; undefined for VTIMEZONE, VFREEBUSY and other things. */
export function entryKind(name: string): EntryKind | undefined {
  return KINDS.get(name);
}

/**
 * Views all calendars (or bare entries) of `document` as one item. `fallback` is the dialect of a calendar without VERSION.
 *
 * Entries are told apart by UID only to keep a series together with its exceptions; the UID itself does not count.
 *
 * @returns undefined when there is no event, task, journal entry or note in it.
 */
export function viewCalendar(document: Document, fallback: Dialect): CalendarView | undefined {
  const records: string[] = [];
  let first: Entry | undefined;
  for (const root of document.roots) {
    const bare = entryKind(root.name) !== undefined;
    const source = sourceOf(document, root, fallback);
    const entries = bare ? [root] : root.children.filter((child) => entryKind(child.name) !== undefined);
    const series = new Map<string, string[]>();
    const usage: Usage = { zones: new Set(), floating: false };
    for (const component of entries) {
      const entry = readEntry(source, component, root, usage);
      if (first === undefined || (first.recurrenceId !== '' && entry.recurrenceId === '')) first = entry;
      const key = entry.uid === '' ? `\0${series.size}` : entry.uid;
      const members = series.get(key);
      if (members === undefined) series.set(key, [entry.canonical]);
      else members.push(entry.canonical);
    }
    for (const members of series.values()) {
      const [only] = members;
      records.push(only !== undefined && new Set(members).size === 1 ? only : `SERIES${HEAD}${atom(recordSet(members))}`);
    }
    if (!bare) readContainer(source, root, usage, records);
  }
  if (first === undefined) return undefined;
  const { kind, title, moment, modified, recurrenceId } = first;
  const when = recurrenceId === '' ? moment : `${moment}/${recurrenceId}`;
  return {
    kind,
    canonical: recordSet(records),
    identity: kind === 'vnote' ? noteIdentity(title) : entryIdentity(kind, title, when),
    loose: kind === 'vnote' ? noteLoose(title) : entryLoose(kind, first.uid, recurrenceId),
    label: title,
    modified,
  };
}

/** The values of `root`, in the dialect that its VERSION says. A vNote says 1.1 and is written like vCalendar 1.0. */
export function sourceOf(document: Document, root: Component, fallback: Dialect): ValueSource {
  const { text, transcoded } = document.source;
  const version = root.lines.find((line) => line.name === 'VERSION');
  const said = version === undefined ? '' : text.slice(version.valueStart, version.valueEnd).trim();
  return { text, transcoded, dialect: said === '' ? fallback : said.startsWith('1') ? 'legacy' : 'modern' };
}

/** What the entries of a calendar refer to in it. */
interface Usage {
  readonly zones: Set<string>;
  /** Some time has neither Z nor TZID: in vCalendar 1.0 the calendar's TZ and DAYLIGHT then say where it is. */
  floating: boolean;
}

interface Entry {
  readonly kind: EntryKind;
  readonly canonical: string;
  uid: string;
  title: string;
  moment: string;
  recurrenceId: string;
  modified: string | undefined;
}

function readEntry(source: ValueSource, component: Component, root: Component, usage: Usage): Entry {
  const kind = entryKind(component.name) ?? 'vevent';
  const facts = { uid: '', summary: '', description: '', start: '', due: '', recurrenceId: '', modified: undefined as string | undefined };
  for (const line of component.lines) {
    switch (line.name) {
      case 'UID':
        facts.uid = textValue(source, line);
        break;
      case 'SUMMARY':
        facts.summary = unescapeText(textValue(source, line), source.dialect).trim();
        break;
      case 'DESCRIPTION':
      case 'BODY':
        facts.description = unescapeText(textValue(source, line), source.dialect).trim();
        break;
      case 'DTSTART':
        facts.start = identityMoment(source, component, root, line);
        break;
      case 'DUE':
        facts.due = identityMoment(source, component, root, line);
        break;
      case 'RECURRENCE-ID':
        facts.recurrenceId = identityMoment(source, component, root, line);
        break;
      case 'LAST-MODIFIED':
        facts.modified = utcStamp(textValue(source, line));
        break;
      default:
    }
  }
  return {
    kind,
    canonical: component.name + HEAD + atom(componentRecords(source, component, usage)),
    uid: facts.uid,
    // @NOTE Nokia 7650: events with DESCRIPTION and no SUMMARY.
    title: facts.summary || firstLine(facts.description),
    moment: kind === 'vtodo' ? facts.due : facts.start,
    recurrenceId: facts.recurrenceId,
    modified: facts.modified,
  };
}

/** What the calendar around its entries adds to their meaning: zones of its own making, and properties that we do not know. */
function readContainer(source: ValueSource, root: Component, usage: Usage, records: string[]): void {
  for (const [at, line] of root.lines.entries()) {
    if ((line.name === 'TZ' || line.name === 'DAYLIGHT') && !usage.floating) continue;
    lineRecords(source, root.lines, at, usage, records);
  }
  for (const child of root.children) {
    if (entryKind(child.name) !== undefined) continue;
    if (child.name === 'VTIMEZONE') {
      const line = child.lines.find((candidate) => candidate.name === 'TZID');
      // A text there, so that its commas are escaped, and in quotes where it is referred to.
      const zone = line === undefined ? '' : unescapeText(textValue(source, line), source.dialect);
      if (!usage.zones.has(zone) || KNOWN_ZONE.test(zone)) continue;
    }
    records.push(atom(child.name) + HEAD + atom(componentRecords(source, child, { zones: new Set(), floating: false })));
  }
}

function componentRecords(source: ValueSource, component: Component, usage: Usage): string {
  const records: string[] = [];
  for (let at = 0; at < component.lines.length; at += 1) lineRecords(source, component.lines, at, usage, records);
  for (const child of component.children) records.push(atom(child.name) + HEAD + atom(componentRecords(source, child, usage)));
  return recordSet(records);
}

function lineRecords(source: ValueSource, lines: readonly ContentLine[], at: number, usage: Usage, records: string[]): void {
  const line = lines[at];
  if (line === undefined) return;
  const { name } = line;
  const { dialect } = source;
  const rule = RULES.get(name) ?? (LOCAL_ID.test(name) ? 'drop' : 'structured');
  if (rule === 'drop') return;
  if (rule === 'binary' || (line.encoding === 'base64' && !RULES.has(name))) {
    const bytes = binaryValue(source, line);
    if (bytes !== undefined) {
      records.push(binaryRecord(name, canonicalParams(line, typesOf(line)), bytes));
      return;
    }
  }
  const text = textValue(source, line);
  if (text === '') return;
  if (name === '') {
    // A line that is no property belongs to its neighbour: their order counts.
    records.push(record('!junk', [], [lines[at - 1]?.name ?? '', String(at), text]));
    return;
  }
  const params = line.params.length === 0 ? [] : canonicalParams(line, typesOf(line));
  switch (rule) {
    case 'moment':
      records.push(momentRecord(name, params, text, usage));
      return;
    case 'moments':
      for (const moment of listValue(text, ',;', dialect)) records.push(momentRecord(name, params, moment, usage));
      return;
    case 'list':
      for (const member of listValue(text, ',;', dialect)) records.push(record(name, params, [member]));
      return;
    case 'word': {
      const word = text.toUpperCase().replace(/\s+/g, '-');
      if (!DEFAULT_WORDS.has(`${name}:${word}`)) records.push(record(name, params, [word]));
      return;
    }
    case 'duration':
      records.push(record(name, params, [/^[+-]?P/i.test(text) ? plainDuration(text) : basicDateTime(text)]));
      return;
    case 'rule':
      records.push(record(name, params, [recurrenceRule(text)]));
      return;
    case 'address':
      records.push(record(name, params, [/^mailto:/i.test(text) ? text.toLowerCase() : unescapeText(text, dialect)]));
      return;
    case 'structured': {
      // A zone is also used where its time stands in a property that we do not know.
      for (const param of line.params) if (param.name === 'TZID') usage.zones.add(paramValue(param));
      const parts = structuredValue(text, dialect);
      if (parts.length > 0) records.push(record(name, params, parts));
      return;
    }
    case 'text':
    case 'binary': {
      const plain = unescapeText(text, dialect).trim();
      if (plain !== '') records.push(record(name, params, [plain]));
      return;
    }
  }
}

function momentRecord(name: string, params: readonly string[], text: string, usage: Usage): string {
  const moment = text.includes('/') ? text.split('/').map(periodPart).join('/') : basicDateTime(text);
  const zone = params.find((param) => param.startsWith('TZID='))?.slice(5);
  if (zone === 'UTC' && /T\d{6}$/.test(moment)) {
    return record(
      name,
      params.filter((param) => param !== 'TZID=UTC'),
      [`${moment}Z`],
    );
  }
  if (zone !== undefined) usage.zones.add(zone);
  else if (/T\d{6}$/.test(moment)) usage.floating = true;
  return record(name, params, [moment]);
}

function periodPart(text: string): string {
  return /^[+-]?P/i.test(text.trim()) ? plainDuration(text) : basicDateTime(text);
}
