/** vCard 2.1, 3.0 and 4.0 into each other, property by property. [vCard 2.1; RFC 2426; RFC 6350] */
import type { Component, Document } from '../components.js';
import { basicDateTime } from '../date-time.js';
import type { ValueSource } from '../value.js';
import { dialectOf, type CardFormat } from './format.js';
import type { LossName } from './losses.js';
import { isBinary, isEmpty, plainText, readProperty, type Property } from './property.js';
import type { Converted, Unit } from './units.js';
import { write } from './writing.js';

const VERSIONS: Readonly<Record<CardFormat, string>> = { vcard21: '2.1', vcard30: '3.0', vcard40: '4.0' };

/** Properties that only some versions know; the others carry them as extensions, `X-` before the name. */
const ONLY_IN: ReadonlyMap<string, ReadonlySet<CardFormat>> = new Map(
  Object.entries({
    KIND: ['vcard40'],
    GENDER: ['vcard40'],
    RELATED: ['vcard40'],
    MEMBER: ['vcard40'],
    LANG: ['vcard40'],
    ANNIVERSARY: ['vcard40'],
    IMPP: ['vcard30', 'vcard40'],
    CALURI: ['vcard30', 'vcard40'],
    CALADRURI: ['vcard30', 'vcard40'],
    FBURL: ['vcard30', 'vcard40'],
    'SORT-STRING': ['vcard30'],
    MAILER: ['vcard21', 'vcard30'],
    LABEL: ['vcard21', 'vcard30'],
  } satisfies Record<string, CardFormat[]>).map(([name, formats]) => [name, new Set<CardFormat>(formats)]),
);
/** They tell of the writing, not of the contact. */
const OF_FORMAT: ReadonlySet<string> = new Set(['VERSION', 'PROFILE']);
const DATES: ReadonlySet<string> = new Set(['BDAY', 'ANNIVERSARY', 'X-ANNIVERSARY', 'X-EVOLUTION-ANNIVERSARY']);
/** Components a structured value is written with, whether they are empty or not. */
const COMPONENTS: ReadonlyMap<string, number> = new Map([
  ['N', 5],
  ['ADR', 7],
]);
/** Parameters of 4.0 that 3.0 has no word for. */
const NEW_PARAMS: ReadonlySet<string> = new Set('PID ALTID PREF SORT-AS CALSCALE MEDIATYPE GEO TZ LABEL'.split(' '));
/** Parameters that no one but the program that wrote them reads. */
const NOISE = /^(?:PID|X-SYNCMLREF\d*|X-EVOLUTION-UI-SLOT|X-EVOLUTION-ENDTIME|X-ANDROID-[A-Z-]*ID|DERIVED)$/;

export function convertCard(document: Document, card: Component, from: CardFormat, to: CardFormat): Converted {
  const { text, transcoded } = document.source;
  const source: ValueSource = { text, transcoded, dialect: dialectOf(from) };
  const units: Unit[] = [];
  const read: Property[] = [];
  for (const line of card.lines) {
    const span = { start: line.start, end: line.end };
    if (line.name === '') {
      units.push({ source: span, text: '', loss: 'no-property' });
      continue;
    }
    const property = readProperty(source, line);
    if (OF_FORMAT.has(property.name) || isEmpty(property)) {
      units.push({ source: span, text: '' });
      continue;
    }
    read.push(property);
    units.push({ source: span, ...written(property, to) });
  }
  for (const child of card.children) units.push({ source: { start: child.start, end: child.end }, text: '', loss: 'agent' });
  units.push(...asked(read, to));
  return { head: `BEGIN:VCARD\r\nVERSION:${VERSIONS[to]}\r\n`, units, tail: 'END:VCARD\r\n' };
}

function written(property: Property, to: CardFormat): Pick<Unit, 'text' | 'loss'> {
  if (property.name === 'AGENT') return { text: '', loss: 'agent' };
  const { value, loss } = DATES.has(property.name) ? dated(property, to) : { value: property.value, loss: undefined };
  if (!value) return { text: '', ...(loss ? { loss } : {}) };
  const named = renamed({ ...property, value }, to);
  const { kept, lost } = parametersFor(named, to);
  const text = write(shaped(kept, to), to);
  const [first] = [loss, lost, commaLost(property, to)].filter((one) => one !== undefined);
  return { text, ...(first ? { loss: first } : {}) };
}

/** The name the version knows it by. */
function renamed(property: Property, to: CardFormat): Property {
  const { name } = property;
  const homes = ONLY_IN.get(name);
  if (homes) return homes.has(to) ? property : { ...property, name: `X-${name}` };
  const plain = name.startsWith('X-') ? name.slice(2) : '';
  return ONLY_IN.get(plain)?.has(to) === true ? { ...property, name: plain } : property;
}

function parametersFor(property: Property, to: CardFormat): { kept: Property; lost?: LossName } {
  const { params, types, name } = property;
  const prefers = types.includes('PREF') || params.some(([key, text]) => key === 'PREF' && text === '1');
  const fits = ([key]: readonly [string, string]): boolean =>
    to === 'vcard40' || (to === 'vcard30' ? !NEW_PARAMS.has(key) : key === 'LANGUAGE');
  const others = params.filter(([key, text]) => !(key === 'PREF' && text === '1'));
  const kept = others.filter((one) => fits(one) && TOKEN.test(one[0]));
  const lost =
    others.some((one) => (!fits(one) || !TOKEN.test(one[0])) && !NOISE.test(one[0])) ||
    !types.every((type) => TOKEN.test(type)) ||
    (to === 'vcard40' && isPlace(property) && types.length > 0);
  const plainTypes = types.filter((type) => type !== 'PREF' && TOKEN.test(type));
  const withInternet =
    // @NOTE Nokia E51: an e-mail address without INTERNET vanishes.
    name === 'EMAIL' && to === 'vcard21' && !plainTypes.some((type) => EMAIL_KINDS.has(type)) ? ['INTERNET', ...plainTypes] : plainTypes;
  const ofVersion = to === 'vcard40' ? withInternet.filter((type) => name !== 'EMAIL' || type !== 'INTERNET') : withInternet;
  const pictures = isBinary(name) && property.value.kind === 'bytes';
  return {
    kept: {
      ...property,
      types: pictures ? pictureTypes(ofVersion, to) : prefers && to !== 'vcard40' ? [...ofVersion, 'PREF'] : ofVersion,
      params: prefers && to === 'vcard40' ? [['PREF', '1'], ...kept] : kept,
    },
    ...(lost ? { lost: 'parameter' as const } : {}),
  };
}

const EMAIL_KINDS: ReadonlySet<string> = new Set(
  'INTERNET X400 AOL APPLELINK ATTMAIL CIS EWORLD IBMMAIL MCIMAIL POWERSHARE PRODIGY TLX'.split(' '),
);

/** `JPEG` in 2.1 and 3.0, where some programs write `IMAGE/JPEG`. */
const pictureTypes = (types: readonly string[], to: CardFormat): readonly string[] =>
  to === 'vcard40' ? types : types.map((type) => type.replace(/^(?:IMAGE|AUDIO)\//, ''));

/** A word that can stand in a head without quotes, in all versions. */
const TOKEN = /^[\w.-]+$/;

/** The value is somewhere else. */
const isPlace = ({ name, valueType, value }: Property): boolean =>
  isBinary(name) && value.kind !== 'bytes' && (valueType === 'URI' || valueType === 'URL');

/** Where the value is, and how many components it has, as the version writes it. */
function shaped(property: Property, to: CardFormat): Property {
  const { name, valueType, value } = property;
  const count = COMPONENTS.get(name);
  return {
    ...property,
    // 4.0 data in the value has its media type there.
    types: to === 'vcard40' && isPlace(property) ? [] : property.types,
    valueType: isPlace(property)
      ? 'uri'
      : to === 'vcard21' || valueType === 'BINARY'
        ? ''
        : to === 'vcard40' && DATES.has(name)
          ? ''
          : keptType(valueType),
    value: count !== undefined && value.kind === 'parts' ? { ...value, parts: padded(value.parts, count) } : value,
  };
}

/** VALUE=TEXT and the like say what the property is in any case. */
const keptType = (valueType: string): string => (valueType.startsWith('X-') || valueType === 'URI' ? valueType.toLowerCase() : '');

const padded = (parts: readonly string[], count: number): readonly string[] => [
  ...parts,
  ...Array<string>(Math.max(0, count - parts.length)).fill(''),
];

/** Birthdays: `19700102` in 2.1 and 4.0, `1970-01-02` in 3.0. */
function dated(property: Property, to: CardFormat): { value: Property['value'] | undefined; loss: LossName | undefined } {
  const text = plainText(property);
  // @NOTE Nokia 7650: a birthday at midnight is a date.
  const basic = basicDateTime(text).replace(/T0{6}Z?$/, '');
  const date = /^(\d{4})(\d\d)(\d\d)$/.exec(basic);
  if (date) {
    const [, year, month, day] = date;
    return { value: { kind: 'plain', text: to === 'vcard30' ? `${year}-${month}-${day}` : basic }, loss: undefined };
  }
  if (/^(?:\d{2}|-)[\d-]*$/.test(basic) && to !== 'vcard40') return { value: undefined, loss: 'date-without-year' };
  return { value: { kind: 'plain', text: basic }, loss: undefined };
}

const commaLost = ({ value }: Property, to: CardFormat): LossName | undefined =>
  to === 'vcard21' && value.kind === 'list' && value.members.some((member) => /,|\\$/.test(member)) ? 'list-comma' : undefined;

/** What the version asks for and the card does not have. [RFC 2426, "N" and "FN"; vCard 2.1, "N"] */
function asked(read: readonly Property[], to: CardFormat): readonly Unit[] {
  const find = (name: string): string => {
    const found = read.find((one) => one.name === name);
    return found ? plainText(found) : '';
  };
  const name = read.find((one) => one.name === 'N');
  const parts = name?.value.kind === 'parts' ? name.value.parts : [];
  const [family = '', given = '', additional = '', prefix = '', suffix = ''] = parts;
  const composed = [prefix, given, additional, family, suffix].filter((part) => part !== '').join(' ');
  const full = find('FN');
  const fallback = find('ORG').split(';')[0] || find('NICKNAME') || find('EMAIL') || find('TEL');
  const bare = { types: [], params: [], valueType: '' };
  const units: Unit[] = [];
  if (full === '' && to !== 'vcard21')
    units.push({ text: write({ ...bare, name: 'FN', value: { kind: 'text', text: composed || fallback } }, to) });
  if (!name && to !== 'vcard40')
    units.push({ text: write({ ...bare, name: 'N', value: { kind: 'parts', parts: padded([full], 5) } }, to) });
  return units;
}
