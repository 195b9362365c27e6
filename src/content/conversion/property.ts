/** A property apart from how a format writes it: what all formats of a family have in common. */
import { decodeText } from '../charset.js';
import type { ContentLine } from '../lines.js';
import { paramValue, typesOf } from '../params.js';
import { binaryValue, listValue, structuredValue, textValue, unescapeText, type ValueSource } from '../value.js';

export type Value =
  /** One text. */
  | { readonly kind: 'text'; readonly text: string }
  /** Dates, rules, addresses of the web: nothing in them is escaped but the backslash and the line end. */
  | { readonly kind: 'plain'; readonly text: string }
  /** Components between semicolons. */
  | { readonly kind: 'parts'; readonly parts: readonly string[] }
  | { readonly kind: 'list'; readonly members: readonly string[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

export interface Property {
  readonly name: string;
  readonly group?: string;
  /** Upper case. */
  readonly types: readonly string[];
  /** Without TYPE and what only tells how the value is written. */
  readonly params: readonly (readonly [string, string])[];
  /** What VALUE says, upper case; '' for nothing. */
  readonly valueType: string;
  readonly value: Value;
}

const names = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const TEXTS = names(
  'FN TEL EMAIL NOTE TITLE ROLE LABEL NICKNAME MAILER TZ NAME SORT-STRING X-SORT-STRING IMPP X-ABLABEL CLASS KIND X-KIND PROFILE LANG ' +
    'SUMMARY DESCRIPTION LOCATION COMMENT CONTACT STATUS TRANSP PRIORITY ACTION BODY SUBJECT ATTENDEE ORGANIZER X-COMMENT X-CONTACT',
);
const PLAIN = names(
  'URL UID REV BDAY ANNIVERSARY X-ANNIVERSARY X-EVOLUTION-ANNIVERSARY SOURCE FBURL CALURI CALADRURI PRODID VERSION DTSTART DTEND DUE ' +
    'COMPLETED RECURRENCE-ID EXDATE RDATE RRULE EXRULE DURATION TRIGGER CREATED DCREATED LAST-MODIFIED DTSTAMP SEQUENCE RELATED-TO',
);
const LISTS = names('CATEGORIES RESOURCES');
const PARTS = names('N ADR ORG GENDER GEO');
const BINARY = names('PHOTO LOGO SOUND KEY ATTACH');
const DATA = /^data:[^,]*;base64,/i;
const OF_WRITING = names('TYPE CHARSET ENCODING VALUE');

export const isBinary = (name: string): boolean => BINARY.has(name);

export function readProperty(source: ValueSource, line: ContentLine): Property {
  const named = line.params.filter(({ name }) => name !== '' && !OF_WRITING.has(name));
  const valueType = line.params.find(({ name }) => name === 'VALUE')?.value ?? '';
  return {
    name: line.name,
    ...(line.group === undefined ? {} : { group: line.group }),
    types: typesIn(source, line),
    params: named.map((param) => [param.name, paramValue(param)] as const),
    valueType: decodeText(valueType).replaceAll('"', '').toUpperCase(),
    value: readValue(source, line),
  };
}

/** 4.0 says in the value what kind of picture it is. */
function typesIn(source: ValueSource, line: ContentLine): readonly string[] {
  const types = [...typesOf(line)];
  if (!BINARY.has(line.name) || line.encoding === 'base64') return types;
  const data = /^data:(?:image|audio)\/([a-z0-9]+)[;,]/i.exec(source.text.slice(line.valueStart, line.valueStart + 40));
  return data?.[1] === undefined ? types : [...new Set([data[1].toUpperCase(), ...types])];
}

function readValue(source: ValueSource, line: ContentLine): Value {
  const { name } = line;
  const known = TEXTS.has(name) || PLAIN.has(name) || LISTS.has(name) || PARTS.has(name);
  if (BINARY.has(name) || (!known && (line.encoding === 'base64' || DATA.test(source.text.slice(line.valueStart, line.valueStart + 80))))) {
    const bytes = binaryValue(source, line);
    if (bytes) return { kind: 'bytes', bytes };
  }
  const text = textValue(source, line);
  const { dialect } = source;
  if (LISTS.has(name)) return { kind: 'list', members: listValue(text, ',;', dialect) };
  if (TEXTS.has(name)) return { kind: 'text', text: unescapeText(text, dialect).trim() };
  if (PLAIN.has(name) || BINARY.has(name)) return { kind: 'plain', text: unescapeText(text, dialect).trim() };
  return { kind: 'parts', parts: structuredValue(text, dialect) };
}

/** The value as one text, for properties that have one. */
export function plainText({ value }: Property): string {
  switch (value.kind) {
    case 'text':
    case 'plain':
      return value.text;
    case 'parts':
      return value.parts.join(';');
    case 'list':
      return value.members.join(',');
    case 'bytes':
      return '';
  }
}

export function isEmpty({ value }: Property): boolean {
  switch (value.kind) {
    case 'parts':
      return value.parts.every((part) => part === '');
    case 'list':
      return value.members.length === 0;
    case 'bytes':
      return value.bytes.length === 0;
    default:
      return value.text === '';
  }
}
