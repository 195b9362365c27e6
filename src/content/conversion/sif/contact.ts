/** SIF contacts: which elements make up which properties of a vCard 3.0. [Funambol, "SIF-C"] */
import type { Component } from '../../components.js';
import { basicDateTime } from '../../date-time.js';
import { decodeBase64 } from '../../transfer-encoding.js';
import type { ValueSource } from '../../value.js';
import { isEmpty, plainText, readProperty, type Property, type Value } from '../property.js';
import { write } from '../writing.js';
import { dateIn, textIn, type Field, type Fields, type Part } from './fields.js';
import { CONTACT_TEXTS, PHONES, type PhoneSlot } from './contact-elements.js';
import { categoriesIn, categoriesText, sensitivityIn, sensitivityOf } from './words.js';

const NAMES = ['LastName', 'FirstName', 'MiddleName', 'Title', 'Suffix'] as const;
const COMPANY = ['CompanyName', 'Department', 'OfficeLocation'] as const;
const EMAILS = ['Email1Address', 'Email2Address', 'Email3Address'] as const;
const PLACES: readonly (readonly [prefix: string, types: readonly string[]])[] = [
  ['HomeAddress', ['HOME']],
  ['BusinessAddress', ['WORK']],
  ['OtherAddress', []],
];
/** By component of ADR; the second one, the extended address, has no element. */
const ADDRESS = ['PostOfficeBox', undefined, 'Street', 'City', 'State', 'PostalCode', 'Country'] as const;
const PAGES: readonly (readonly [element: string, types: readonly string[]])[] = [
  ['WebPage', []],
  ['HomeWebPage', ['HOME']],
  ['BusinessWebPage', ['WORK']],
];
const asSlot = ([element, types]: readonly [string, readonly string[]]): PhoneSlot => ({ element, types });
const PLACE_SLOTS = PLACES.map(asSlot);
const PAGE_SLOTS = PAGES.map(asSlot);
/** Elements of each place, by component of ADR. */
const PLACE_ELEMENTS: readonly (readonly (string | undefined)[])[] = PLACES.map(([prefix]) =>
  ADDRESS.map((one) => (one === undefined ? undefined : prefix + one)),
);
const DATES: readonly (readonly [element: string, name: string])[] = [
  ['Birthday', 'BDAY'],
  ['Anniversary', 'X-ANNIVERSARY'],
];
/** @NOTE Outlook writes 1 and 2, Pocket PC clients olFemale and olMale. */
const GENDERS: ReadonlyMap<string, string> = new Map([
  ['1', 'F'],
  ['2', 'M'],
  ['olFemale', 'F'],
  ['olMale', 'M'],
]);

/** Every element that is written, in this order, whether it has a value or not: programs clear what comes empty. */
export const CONTACT_ELEMENTS: readonly string[] = [
  ...NAMES,
  'FileAs',
  'Subject',
  ...COMPANY,
  ...PLACES.flatMap(([prefix]) => ADDRESS.flatMap((part) => (part === undefined ? [] : [prefix + part]))),
  ...PHONES.map(({ element }) => element),
  ...EMAILS,
  ...PAGES.map(([element]) => element),
  ...DATES.map(([element]) => element),
  ...CONTACT_TEXTS.map(([element]) => element),
  'Gender',
  'Categories',
  'Sensitivity',
  'Photo',
];

/** Most parts are only looked at: the text is written when it is asked for. */
class ContactPart implements Part {
  readonly id: string;
  readonly property: Property;
  readonly elements: readonly string[];
  #text: string | undefined;

  constructor(id: string, property: Property, elements: readonly string[]) {
    this.id = id;
    this.property = property;
    this.elements = elements;
  }

  get name(): string {
    return this.property.name;
  }

  get text(): string {
    return (this.#text ??= write(this.property, 'vcard30'));
  }
}

const NONE: readonly Part[] = [];

function part(
  id: string,
  { name, types = [], value }: Pick<Property, 'name' | 'value'> & { readonly types?: readonly string[] },
  elements: readonly string[],
): readonly Part[] {
  const property: Property = { name, types, params: [], valueType: '', value };
  return isEmpty(property) ? NONE : [new ContactPart(id, property, elements)];
}

/** A part of one element. Most elements are empty. */
function partOf(
  fields: Fields,
  element: string,
  { id, name, types = [], kind = 'text' }: { id: string; name: string; types?: readonly string[]; kind?: 'text' | 'plain' },
): readonly Part[] {
  const text = textIn(fields, element);
  return text === '' ? NONE : part(id, { name, types, value: { kind, text } }, [element]);
}

const composed = (parts: readonly string[]): string => {
  const [family = '', given = '', additional = '', prefix = '', suffix = ''] = parts;
  return [prefix, given, additional, family, suffix].filter((one) => one !== '').join(' ');
};

/** The properties that a contact's elements make up. */
export function contactParts(fields: Fields): readonly Part[] {
  const texts = (elements: readonly (string | undefined)[]): string[] =>
    elements.map((element) => (element === undefined ? '' : textIn(fields, element)));
  const names = texts(NAMES);
  const parts = (values: readonly string[]): Value => ({ kind: 'parts', parts: values });
  const company = texts(COMPANY);
  while (company.at(-1) === '') company.pop();
  const subject = textIn(fields, 'Subject');
  const fileAs = textIn(fields, 'FileAs');
  return [
    ...part('N', { name: 'N', value: parts(names) }, NAMES),
    ...part('FN', { name: 'FN', value: { kind: 'text', text: subject || composed(names) } }, ['Subject', ...NAMES]),
    ...part('FILE-AS', { name: 'X-EVOLUTION-FILE-AS', value: { kind: 'text', text: fileAs } }, ['FileAs']),
    ...part('ORG', { name: 'ORG', value: parts(company) }, COMPANY),
    ...PLACES.flatMap(([prefix, types], at) => {
      const elements = PLACE_ELEMENTS[at] ?? [];
      const named = elements.filter((one) => one !== undefined);
      return part(`ADR ${prefix}`, { name: 'ADR', types, value: parts(texts(elements)) }, named);
    }),
    ...PHONES.flatMap(({ element, types }) => partOf(fields, element, { id: `TEL ${element}`, name: 'TEL', types })),
    ...EMAILS.flatMap((element) => partOf(fields, element, { id: `EMAIL ${element}`, name: 'EMAIL', types: ['INTERNET'] })),
    ...PAGES.flatMap(([element, types]) => partOf(fields, element, { id: `URL ${element}`, name: 'URL', types, kind: 'plain' })),
    ...DATES.flatMap(([element, name]) => {
      const date = /^(\d{4})(\d\d)(\d\d)/.exec(basicDateTime(dateIn(fields, element)));
      return part(name, { name, value: { kind: 'plain', text: date ? date.slice(1).join('-') : '' } }, [element]);
    }),
    ...CONTACT_TEXTS.flatMap(([element, name]) => partOf(fields, element, { id: name, name })),
    ...part('GENDER', { name: 'X-GENDER', value: { kind: 'text', text: GENDERS.get(textIn(fields, 'Gender')) ?? '' } }, ['Gender']),
    ...part('CATEGORIES', { name: 'CATEGORIES', value: { kind: 'list', members: categoriesIn(textIn(fields, 'Categories')) } }, [
      'Categories',
    ]),
    ...part('CLASS', { name: 'CLASS', value: { kind: 'text', text: sensitivityIn(textIn(fields, 'Sensitivity')) } }, ['Sensitivity']),
    ...photoPart(fields.get('Photo')),
  ];
}

function photoPart(field: Field | undefined): readonly Part[] {
  const bytes = field && field.text !== '' ? decodeBase64(field.text) : undefined;
  if (!field || !bytes || bytes.length === 0) return [];
  const said = /\btype\s*=\s*["']?(?:image\/)?([a-z]+)/i.exec(field.attributes ?? '')?.[1]?.toUpperCase();
  const type = said === 'JPG' ? 'JPEG' : said;
  return part('PHOTO', { name: 'PHOTO', types: type === undefined ? [] : [type], value: { kind: 'bytes', bytes } }, ['Photo']);
}

/** A contact's elements, and the lines each of them was made of. */
export interface Filled {
  readonly fields: Map<string, Field>;
  /** By id of the part. */
  readonly lines: Map<string, Line[]>;
  /** Lines that have no place in the item, or not all of what they say. */
  readonly left: Line[];
}

/** A property of the card, and where it stands. */
export interface Line {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly property: Property;
}

/**
 * @param prior which part of the item a line was made of, by where it begins: it goes there again.
 */
export function contactFields(source: ValueSource, card: Component, prior: ReadonlyMap<number, string> = new Map()): Filled {
  const fields = new Map<string, Field>();
  const lines = new Map<string, Line[]>();
  const left: Line[] = [];
  const put = (id: string, line: Line, values: readonly (readonly [string | undefined, string])[]): void => {
    for (const [element, text] of values) if (element !== undefined && text !== '') fields.set(element, { text });
    lines.set(id, [...(lines.get(id) ?? []), line]);
  };
  const isFree = (id: string): boolean => !lines.has(id);
  const single = (line: Line, id: string, values: readonly (readonly [string | undefined, string])[]): boolean => {
    if (!isFree(id)) return false;
    put(id, line, values);
    return true;
  };
  const all = card.lines
    .filter(({ name }) => name !== '' && name !== 'VERSION')
    .map((line): Line => ({ start: line.start, end: line.end, name: line.name, property: readProperty(source, line) }))
    .filter(({ property }) => !isEmpty(property));
  const later: Line[] = [];
  for (const line of all) if (!place(line, prior.get(line.start))) later.push(line);
  // First those that say where they belong.
  later.sort((a, b) => Number(b.property.types.includes('PREF')) - Number(a.property.types.includes('PREF')));
  for (const line of later) if (!place(line, undefined)) left.push(line);
  const names = NAMES.map((name) => fields.get(name)?.text ?? '');
  if (fields.get('Subject')?.text === composed(names)) fields.delete('Subject');
  return { fields, lines, left };

  function place(line: Line, id: string | undefined): boolean {
    const { property } = line;
    const { name, types, value } = property;
    const text = plainText(property);
    const parts = value.kind === 'parts' ? value.parts : [];
    switch (name) {
      case 'N':
        return single(
          line,
          'N',
          NAMES.map((element, at) => [element, parts[at] ?? '']),
        );
      case 'FN':
        return single(line, 'FN', [['Subject', text]]);
      case 'X-EVOLUTION-FILE-AS':
        return single(line, 'FILE-AS', [['FileAs', text]]);
      case 'ORG':
        return single(
          line,
          'ORG',
          COMPANY.map((element, at) => [element, parts[at] ?? '']),
        );
      case 'CATEGORIES': {
        const known = categoriesIn(fields.get('Categories')?.text ?? '');
        const members = value.kind === 'list' ? value.members : [];
        put('CATEGORIES', line, [['Categories', categoriesText([...known, ...members])]]);
        return true;
      }
      case 'CLASS':
        return single(line, 'CLASS', [['Sensitivity', sensitivityOf(text)]]);
      case 'X-GENDER':
        return /^[FM]/i.test(text) && single(line, 'GENDER', [['Gender', /^F/i.test(text) ? '1' : '2']]);
      case 'BDAY':
      case 'X-ANNIVERSARY': {
        const date = /^(\d{4})(\d\d)(\d\d)(?:T0{6}Z?)?$/.exec(basicDateTime(text));
        return date !== null && single(line, name, [[name === 'BDAY' ? 'Birthday' : 'Anniversary', date.slice(1, 4).join('-')]]);
      }
      case 'PHOTO':
        if (value.kind !== 'bytes' || !isFree('PHOTO')) return false;
        put('PHOTO', line, []);
        fields.set('Photo', {
          text: Buffer.from(value.bytes).toString('base64'),
          attributes: `TYPE="${types[0] ?? 'JPEG'}" ENCODING="base64"`,
        });
        return true;
      case 'ADR': {
        const slot = slotFor(id, 'ADR', PLACE_SLOTS, types);
        if (slot === undefined) return false;
        put(
          `ADR ${slot}`,
          line,
          ADDRESS.map((one, at) => [one === undefined ? undefined : slot + one, parts[at] ?? '']),
        );
        return true;
      }
      case 'TEL':
      case 'URL': {
        const slots = name === 'TEL' ? PHONES : PAGE_SLOTS;
        const slot = slotFor(id, name, slots, types);
        if (slot === undefined) return false;
        put(`${name} ${slot}`, line, [[slot, text]]);
        return true;
      }
      case 'EMAIL': {
        const wanted = id?.slice('EMAIL '.length);
        const slot = wanted !== undefined && isFree(`EMAIL ${wanted}`) ? wanted : EMAILS.find((one) => isFree(`EMAIL ${one}`));
        if (slot === undefined) return false;
        put(`EMAIL ${slot}`, line, [[slot, text]]);
        return true;
      }
      default: {
        const [element] = CONTACT_TEXTS.find(([, own]) => own === name) ?? [];
        return element !== undefined && single(line, name, [[element, text]]);
      }
    }
  }

  /** The element for a value of these types: its own from before, else the first free one of all its types. */
  function slotFor(id: string | undefined, name: string, slots: readonly PhoneSlot[], types: readonly string[]): string | undefined {
    const before = id?.slice(name.length + 1);
    if (before !== undefined && id?.startsWith(`${name} `) === true && isFree(`${name} ${before}`)) return before;
    const counts = types.filter((type) => !SILENT.has(type));
    if (counts.length === 0 && types.includes('PREF') && name === 'TEL' && isFree(`TEL ${PRIMARY}`)) return PRIMARY;
    const fits = slots.filter((slot) => telling(slot).every((type) => counts.includes(type)) && isFree(`${name} ${slot.element}`));
    const exact = fits.find((slot) => telling(slot).length === new Set(counts).size);
    // A cell phone at work is a cell phone; a kind that nobody has an element for is some other number.
    return (exact ?? [...fits].sort((a, b) => telling(b).length - telling(a).length)[0])?.element;
  }
}

const PRIMARY = 'PrimaryTelephoneNumber';

const tellingTypes = new WeakMap<PhoneSlot, readonly string[]>();

function telling(slot: PhoneSlot): readonly string[] {
  const known = tellingTypes.get(slot) ?? slot.types.filter((type) => !SILENT.has(type));
  tellingTypes.set(slot, known);
  return known;
}

/** Types that choose no element. */
const SILENT: ReadonlySet<string> = new Set(['VOICE', 'PREF', 'MSG', 'INTERNET', 'POSTAL', 'PARCEL', 'INTL', 'DOM']);
