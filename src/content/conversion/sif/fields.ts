/** The elements of a SIF item by name, as values: what conversion reads and writes. */
import type { Property } from '../property.js';
import { plainTextOf, type SifDocument, type SifElement, type SifRoot } from '../../sif-document.js';
import { NO_DATE } from '../../sif.js';
import { normalizeNewlines } from '../../value.js';
import { binaryOf } from '../writing.js';

export interface Field {
  readonly text: string;
  /** As they stand in the tag, '' for none. */
  readonly attributes?: string;
  /** Groups such as attendees; `text` is '' then. */
  readonly inner?: readonly (readonly [name: string, field: Field])[];
}

export type Fields = ReadonlyMap<string, Field>;

/** Formats that SIF items are turned into, and out of which they are made: the other formats of a family are reached from there. */
export type Pivot = 'vcard30' | 'ical20' | 'plain';
export const pivotOf = (kind: SifRoot): Pivot => (kind === 'contact' ? 'vcard30' : kind === 'note' ? 'plain' : 'ical20');

/** A property of the pivot that some elements make up. */
export interface Part {
  /** What it is in this kind of item: `N`, `TEL MobileTelephoneNumber`, `RRULE`. */
  readonly id: string;
  /** Binary text of one property or component with its line end. */
  readonly text: string;
  readonly name: string;
  /** Undefined for components. */
  readonly property?: Property;
  /** Elements it is made of. */
  readonly elements: readonly string[];
}

/** An element that holds a property which SIF has no element for; programs that do not know it leave it alone. */
export const EXTENSION = 'MoorageProperty';

const fieldOf = (element: SifElement): Field => ({
  text: element.children.length > 0 ? '' : plainTextOf(element),
  ...(element.attributes === '' ? {} : { attributes: element.attributes }),
  ...(element.children.length > 0 ? { inner: element.children.map((child) => [child.name, fieldOf(child)] as const) } : {}),
});

/** @NOTE Some programs write an element twice: the last one counts. */
export function fieldsOf({ root }: SifDocument): Fields {
  return new Map(root.children.filter(({ name }) => name !== EXTENSION).map((child) => [child.name, fieldOf(child)] as const));
}

export const extensionsOf = ({ root }: SifDocument): readonly string[] =>
  root.children.filter(({ name }) => name === EXTENSION).map((child) => `${binaryOf(plainTextOf(child).replaceAll('\n', '\r\n'))}\r\n`);

export const textIn = (fields: Fields, name: string): string => fields.get(name)?.text ?? '';

/** A date or time, '' for Outlook's "no date". */
export function dateIn(fields: Fields, name: string): string {
  const text = textIn(fields, name);
  return NO_DATE.test(text) ? '' : text;
}

export const isFilled = (field: Field | undefined): boolean =>
  field !== undefined && (field.text !== '' || (field.inner ?? []).some(([, inner]) => isFilled(inner)));

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Unicode text of one element. Line ends are CR LF, as these programs write them. */
export function elementText(name: string, { text, attributes, inner }: Field): string {
  const open = attributes === undefined || attributes === '' ? name : `${name} ${attributes}`;
  if (inner && inner.length > 0) return `<${open}>${inner.map(([child, field]) => elementText(child, field)).join('')}</${name}>`;
  return text === '' ? `<${open}/>` : `<${open}>${escaped(printable(text)).replaceAll('\n', '\r\n')}</${name}>`;
}

// eslint-disable-next-line no-control-regex -- XML has no form for these characters
const printable = (text: string): string => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, '');

/** A field as it is when what is written of it is read again. */
export function asRead({ text, attributes, inner }: Field): Field {
  return {
    text: normalizeNewlines(printable(text)).normalize('NFC').trim(),
    ...(attributes === undefined ? {} : { attributes }),
    ...(inner === undefined ? {} : { inner: inner.map(([name, field]) => [name, asRead(field)] as const) }),
  };
}

/** `text` for an item whose charset lacks some characters. */
export const asReferences = (text: string): string =>
  text.replace(/[^\0-\x7f]/gu, (char) => `&#x${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()};`);
