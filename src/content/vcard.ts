import type { Component, Document } from './components.js';
import { basicDateTime, utcStamp } from './date-time.js';
import { contactIdentity, contactLoose } from './identity.js';
import type { ContentLine } from './lines.js';
import { canonicalParams, typesOf } from './params.js';
import { atom, binaryRecord, HEAD, record, recordSet } from './record.js';
import { binaryValue, listValue, structuredValue, textValue, unescapeText, type Dialect, type ValueSource } from './value.js';

type Rule =
  | 'drop'
  | 'text'
  | 'structured'
  | 'name'
  | 'full-name'
  | 'company'
  | 'phone'
  | 'email'
  | 'date'
  | 'list'
  | 'binary'
  | 'default-public'
  | 'kind';

/**
 * How each property is compared; unknown ones as structured values, so that escaped and bare semicolons stay apart. Dropped: what
 * names the card, its writer or its time of writing, not the contact.
 */
const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['VERSION', 'drop'],
  ['PRODID', 'drop'],
  ['REV', 'drop'],
  ['UID', 'drop'],
  ['PROFILE', 'drop'],
  ['CREATED', 'drop'],
  ['CLIENTPIDMAP', 'drop'],
  ['X-CREATED', 'drop'],
  ['X-MODIFIED', 'drop'],
  ['X-ABUID', 'drop'],
  ['N', 'name'],
  ['FN', 'full-name'],
  ['ORG', 'company'],
  ['ADR', 'structured'],
  ['TEL', 'phone'],
  ['EMAIL', 'email'],
  ['NOTE', 'text'],
  ['TITLE', 'text'],
  ['ROLE', 'text'],
  ['LABEL', 'text'],
  ['NICKNAME', 'text'],
  ['URL', 'text'],
  ['MAILER', 'text'],
  ['TZ', 'text'],
  ['NAME', 'text'],
  ['SOURCE', 'text'],
  ['SORT-STRING', 'text'],
  ['IMPP', 'text'],
  ['AGENT', 'text'],
  ['X-ABLABEL', 'text'],
  ['CATEGORIES', 'list'],
  ['BDAY', 'date'],
  ['ANNIVERSARY', 'date'],
  ['X-ANNIVERSARY', 'date'],
  ['X-EVOLUTION-ANNIVERSARY', 'date'],
  ['PHOTO', 'binary'],
  ['LOGO', 'binary'],
  ['SOUND', 'binary'],
  ['KEY', 'binary'],
  ['CLASS', 'default-public'],
  ['KIND', 'kind'],
]);

/** Ids that a phone or program keeps inside the item. */
const LOCAL_ID = /^X-.*LUID$/;

/** Types that make VOICE a fact of its own: `TEL;FAX;VOICE` is a line for both. */
const NOT_VOICE = ['FAX', 'MODEM', 'BBS', 'PAGER', 'TEXT', 'TEXTPHONE'];

/** So much of a property's value tells which one a stray line follows. */
const MAX_OWNER_TEXT = 40;

/** What a vCard says, reduced to what counts. */
export interface ContactView {
  readonly canonical: string;
  readonly identity: string | undefined;
  readonly loose: string | undefined;
  readonly label: string;
  readonly modified: string | undefined;
}

interface Draft {
  readonly records: string[];
  readonly groups: Map<string, string[]>;
  names: readonly string[];
  fullName: string;
  /** Ungrouped FN values, set apart: they may say no more than N does. */
  readonly fullNames: { readonly text: string; readonly record: string }[];
  company: string;
  readonly emails: string[];
  readonly phones: string[];
  modified: string | undefined;
}

/** Views one VCARD component of `document`. `fallback` is the dialect of a card without VERSION. */
export function viewContact(document: Document, card: Component, fallback: Dialect): ContactView {
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: dialectOf(document, card, fallback) };
  const draft: Draft = {
    records: [],
    groups: new Map(),
    names: [],
    fullName: '',
    fullNames: [],
    company: '',
    emails: [],
    phones: [],
    modified: undefined,
  };
  let owner = -1;
  let ownerText = '';
  for (let at = 0; at < card.lines.length; at += 1) {
    const line = card.lines[at];
    if (line === undefined) continue;
    if (line.name !== '') {
      owner = at;
      readProperty(source, line, draft);
      continue;
    }
    // A line that is no property most likely belongs to the one before it: its place is kept, so that lines cannot trade places.
    const before = card.lines[owner];
    if (before !== undefined && owner === at - 1) ownerText = textValue(source, before).slice(0, MAX_OWNER_TEXT);
    draft.records.push(record('!junk', [], [before?.name ?? '', ownerText, String(at - owner), textValue(source, line)]));
  }
  for (const child of card.children) {
    draft.records.push(atom(child.name) + HEAD + atom(viewContact(document, child, source.dialect).canonical));
  }
  for (const members of draft.groups.values()) {
    const [only] = members;
    draft.records.push(only !== undefined && new Set(members).size === 1 ? only : `GROUP${HEAD}${atom(recordSet(members))}`);
  }
  const composed = composeName(draft.names);
  for (const full of draft.fullNames) if (composed === '' || full.text !== composed) draft.records.push(full.record);
  const [family = '', given = ''] = draft.names;
  const name = `${given} ${family}`.trim() || composed || draft.fullName;
  return {
    canonical: recordSet(draft.records),
    identity: contactIdentity({ name, company: draft.company, emails: draft.emails, phones: draft.phones }),
    loose: contactLoose(name),
    label: draft.fullName || composed || draft.company || draft.emails[0] || draft.phones[0] || '',
    modified: draft.modified,
  };
}

/** The dialect that VERSION says. Without one: bare parameters and soft breaks are 2.1, else `fallback`. */
function dialectOf(document: Document, card: Component, fallback: Dialect): Dialect {
  for (const line of card.lines) {
    if (line.name === 'VERSION') {
      const major = document.source.text.slice(line.valueStart, line.valueEnd).trim().charAt(0);
      return major === '3' || major === '4' ? 'modern' : 'legacy';
    }
  }
  return card.lines.some((line) => line.params.some((param) => param.name === '')) ? 'legacy' : fallback;
}

function readProperty(source: ValueSource, line: ContentLine, draft: Draft): void {
  const { name } = line;
  const rule = RULES.get(name) ?? (name.startsWith('X-') && LOCAL_ID.test(name) ? 'drop' : 'structured');
  if (rule === 'drop') {
    if (name === 'REV') draft.modified = utcStamp(textValue(source, line));
    return;
  }
  const records = line.group === undefined ? draft.records : groupOf(draft, line.group);
  if (rule === 'binary' || (line.encoding === 'base64' && !RULES.has(name))) {
    const bytes = binaryValue(source, line);
    if (bytes !== undefined) {
      // The bytes show what kind of picture it is; phones leave the type out or spell it in other ways.
      const types = name === 'PHOTO' || name === 'LOGO' ? new Set<string>() : typesOf(line);
      records.push(
        binaryRecord(
          name,
          canonicalParams(line, types).filter((param) => !param.startsWith('MEDIATYPE=')),
          bytes,
        ),
      );
      return;
    }
  }
  const text = textValue(source, line);
  if (text === '') return;
  const types = line.params.length === 0 ? NO_TYPES : typesOf(line);
  let parts: string[];
  switch (rule) {
    case 'name':
      parts = structuredValue(text, source.dialect);
      if (draft.names.length === 0) draft.names = parts;
      break;
    case 'company':
      parts = structuredValue(text, source.dialect);
      if (draft.company === '') draft.company = parts[0] ?? '';
      break;
    case 'structured':
      parts = structuredValue(text, source.dialect);
      break;
    case 'full-name':
      parts = [unescapeText(text, source.dialect).trim()];
      if (draft.fullName === '') draft.fullName = parts[0] ?? '';
      if (line.group === undefined) {
        draft.fullNames.push({ text: parts[0] ?? '', record: record(name, canonicalParams(line, types), parts) });
        return;
      }
      break;
    case 'phone': {
      const number = phoneNumber(unescapeText(text, source.dialect));
      draft.phones.push(number);
      if (types.has('VOICE') && !NOT_VOICE.some((type) => types.has(type))) types.delete('VOICE');
      parts = [number];
      break;
    }
    case 'email': {
      const address = unescapeText(text, source.dialect).toLowerCase();
      draft.emails.push(address);
      types.delete('INTERNET');
      parts = [address];
      break;
    }
    case 'date':
      // @NOTE Nokia 7650: a birthday at midnight, with or without Z, is a date.
      parts = [basicDateTime(text).replace(/T0{6}Z?$/, '')];
      break;
    case 'list':
      for (const member of listValue(text, ',;', source.dialect)) records.push(record(name, canonicalParams(line, types), [member]));
      return;
    case 'default-public':
      if (text.toUpperCase() === 'PUBLIC') return;
      parts = [text.toUpperCase()];
      break;
    case 'kind':
      if (text.toLowerCase() === 'individual') return;
      parts = [text.toLowerCase()];
      break;
    case 'binary':
    case 'text':
      parts = [unescapeText(text, source.dialect).trim()];
      break;
  }
  if (parts.length === 0 || (parts.length === 1 && parts[0] === '')) return;
  records.push(record(name, line.params.length === 0 ? NO_PARAMS : canonicalParams(line, types), parts));
}

const NO_PARAMS: readonly string[] = [];
/** Shared by all properties without parameters: never added to. */
const NO_TYPES = new Set<string>();

/** Group names are arbitrary; what counts is which properties share one. */
function groupOf(draft: Draft, group: string): string[] {
  let members = draft.groups.get(group);
  if (members === undefined) draft.groups.set(group, (members = []));
  return members;
}

/** N in the order FN is usually given in: prefix, given, additional, family name, suffix. */
function composeName(names: readonly string[]): string {
  const [family = '', given = '', additional = '', prefix = '', suffix = ''] = names;
  return [prefix, given, additional, family, suffix].filter((part) => part !== '').join(' ');
}

/** A number without the marks people put between digits. Pauses, `*`, `#`, extensions and letters stay. */
export function phoneNumber(text: string): string {
  const number = text.replace(/^tel:/i, '');
  // sip: and the like.
  if (/[:@]/.test(number)) return number;
  const bare = number.replace(/[\s\-.()/\u00a0\u2010-\u2015]/g, '');
  return bare === '' ? text : bare;
}
