/** People of an entry: ATTENDEE of both grammars, and ORGANIZER, which vCalendar 1.0 writes as an attendee with that role. */
import { plainText, type Property } from './property.js';

const PARTSTAT_OUT: ReadonlyMap<string, string> = new Map([
  ['NEEDS-ACTION', 'NEEDS ACTION'],
  ['ACCEPTED', 'ACCEPTED'],
  ['DECLINED', 'DECLINED'],
  ['TENTATIVE', 'TENTATIVE'],
  ['DELEGATED', 'DELEGATED'],
  ['COMPLETED', 'COMPLETED'],
  ['IN-PROCESS', 'ACCEPTED'],
]);
const PARTSTAT_IN: ReadonlyMap<string, string> = new Map([
  ['NEEDS ACTION', 'NEEDS-ACTION'],
  ['NEEDS-ACTION', 'NEEDS-ACTION'],
  ['SENT', 'NEEDS-ACTION'],
  ['ACCEPTED', 'ACCEPTED'],
  ['CONFIRMED', 'ACCEPTED'],
  ['DECLINED', 'DECLINED'],
  ['TENTATIVE', 'TENTATIVE'],
  ['DELEGATED', 'DELEGATED'],
  ['COMPLETED', 'COMPLETED'],
]);
const EXPECT: ReadonlyMap<string, string> = new Map([
  ['REQ-PARTICIPANT', 'REQUIRE'],
  ['OPT-PARTICIPANT', 'REQUEST'],
  ['NON-PARTICIPANT', 'FYI'],
]);
const ROLES: ReadonlyMap<string, string> = new Map([
  ['REQUIRE', 'REQ-PARTICIPANT'],
  ['IMMEDIATE', 'REQ-PARTICIPANT'],
  ['REQUEST', 'OPT-PARTICIPANT'],
  ['FYI', 'NON-PARTICIPANT'],
]);
/** Of 2.0, besides CN: what has a word in 1.0. */
const KNOWN: ReadonlySet<string> = new Set(['CN', 'PARTSTAT', 'ROLE', 'RSVP']);

const KNOWN_LEGACY: ReadonlySet<string> = new Set(['ROLE', 'STATUS', 'EXPECT', 'RSVP']);

const paramOf = ({ params }: Property, name: string): string => params.find(([key]) => key === name)?.[1].trim() ?? '';
const given = (name: string, text: string | undefined): readonly (readonly [string, string])[] => (text ? [[name, text]] : []);

/** @returns the property of 1.0; `lost`: it said more. */
export function legacyPerson(property: Property): { property: Property; lost: boolean } {
  const address = plainText(property).replace(/^mailto:/i, '');
  const cn = paramOf(property, 'CN').replace(/[<>]/g, '');
  const role = paramOf(property, 'ROLE').toUpperCase();
  const partstat = paramOf(property, 'PARTSTAT').toUpperCase();
  const isOrganizer = property.name === 'ORGANIZER';
  const params = [
    ...given('ROLE', isOrganizer ? 'ORGANIZER' : role === 'CHAIR' ? 'OWNER' : ''),
    ...given('STATUS', PARTSTAT_OUT.get(partstat)),
    ...given('EXPECT', EXPECT.get(role)),
    ...given('RSVP', paramOf(property, 'RSVP').toUpperCase() === 'TRUE' ? 'YES' : ''),
  ];
  const isWhole =
    property.params.every(([key]) => KNOWN.has(key)) &&
    (partstat === '' || PARTSTAT_IN.get(PARTSTAT_OUT.get(partstat) ?? '') === partstat) &&
    (role === '' || role === 'CHAIR' || EXPECT.has(role)) &&
    /^mailto:[^<>]*@[^<>]*$/i.test(plainText(property)) &&
    !/[<>]/.test(paramOf(property, 'CN')) &&
    !(isOrganizer && role !== '');
  const text = cn === '' ? address : `${cn} <${address}>`;
  return { property: { name: 'ATTENDEE', types: [], params, valueType: '', value: { kind: 'text', text } }, lost: !isWhole };
}

/** `Ann <ann@x.example>`, with or without quotes around the name. */
function nameAndAddress(text: string): { named: string; address: string } {
  const open = text.lastIndexOf('<');
  const address = text.slice(open + 1, -1);
  if (open < 0 || !text.endsWith('>') || address === '' || /[\s<>]/.test(address)) return { named: '', address: text };
  const named = text.slice(0, open).trim();
  const bare = named.startsWith('"') && named.endsWith('"') && named.length > 1 ? named.slice(1, -1) : named;
  return /[<>"]/.test(bare) ? { named: '', address: text } : { named: bare, address };
}

/** @returns the property of 2.0; `lost`: it said more. */
export function modernPerson(property: Property): { property: Property; lost: boolean } {
  const text = plainText(property).replace(/^mailto:/i, '');
  const { named, address } = nameAndAddress(text);
  // CN is a parameter of 2.0 that servers have written in 1.0 too.
  const cn = named || paramOf(property, 'CN');
  const role = paramOf(property, 'ROLE').toUpperCase();
  const status = paramOf(property, 'STATUS').toUpperCase();
  const expect = paramOf(property, 'EXPECT').toUpperCase();
  const isOrganizer = role === 'ORGANIZER';
  const isAddress = address.includes('@') && !/\s/.test(address);
  const params = [
    ...given('CN', cn || (isAddress ? '' : address)),
    ...given('ROLE', isOrganizer ? '' : role === 'OWNER' ? 'CHAIR' : ROLES.get(expect)),
    ...given('PARTSTAT', PARTSTAT_IN.get(status)),
    ...given('RSVP', paramOf(property, 'RSVP').toUpperCase() === 'YES' ? 'TRUE' : ''),
  ];
  const isWhole =
    isAddress &&
    property.params.every(([key]) => KNOWN_LEGACY.has(key)) &&
    property.types.length === 0 &&
    (status === '' || PARTSTAT_OUT.get(PARTSTAT_IN.get(status) ?? '') === status) &&
    (expect === '' || (EXPECT.get(ROLES.get(expect) ?? '') === expect && role !== 'OWNER')) &&
    (role === '' || role === 'ATTENDEE' || isOrganizer || role === 'OWNER');
  // A name alone is no address of 2.0, which has URIs there.
  const uri = isAddress ? `mailto:${address}` : /^[a-z][a-z0-9+.-]*:/i.test(address) ? address : 'invalid:nomail';
  const name = isOrganizer ? 'ORGANIZER' : 'ATTENDEE';
  return { property: { name, types: [], params, valueType: '', value: { kind: 'plain', text: uri } }, lost: !isWhole };
}
