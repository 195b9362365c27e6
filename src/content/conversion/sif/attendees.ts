/** People of SIF appointments. [Outlook, "OlResponseStatus", "OlMeetingRecipientType"] */
import { plainText, type Property } from '../property.js';
import { write } from '../writing.js';
import type { Field, Part } from './fields.js';

const PARTSTAT: ReadonlyMap<string, string> = new Map([
  ['2', 'TENTATIVE'],
  ['3', 'ACCEPTED'],
  ['4', 'DECLINED'],
]);
const STATUS: ReadonlyMap<string, string> = new Map([...PARTSTAT].map(([number, word]) => [word, number]));
const ORGANIZER = '0';
const OPTIONAL = '2';

/** The organizer is often an attendee too. */
const idOf = (role: string, name: string, email: string): string => `${role} ${name} <${email.toLowerCase()}>`;

export function attendeeParts(field: Field | undefined): readonly Part[] {
  const known = new Set<string>();
  return (field?.inner ?? []).flatMap(([element, { inner }]) => {
    if (element !== 'Attendee') return [];
    const text = (name: string): string => inner?.find(([own]) => own === name)?.[1].text ?? '';
    const [name, email, type] = [text('AttendeeName'), text('AttendeeEmail'), text('AttendeeType')];
    const isOrganizer = type === ORGANIZER;
    const role = isOrganizer ? 'ORGANIZER' : 'ATTENDEE';
    const id = idOf(role, name, email);
    if ((name === '' && email === '') || known.has(id)) return [];
    known.add(id);
    const partstat = PARTSTAT.get(text('AttendeeStatus'));
    const property: Property = {
      name: role,
      types: [],
      params: [
        ...(name === '' ? [] : [['CN', name] as const]),
        ...(type === OPTIONAL ? [['ROLE', 'OPT-PARTICIPANT'] as const] : []),
        ...(partstat === undefined || isOrganizer ? [] : [['PARTSTAT', partstat] as const]),
      ],
      valueType: '',
      value: { kind: 'plain', text: email === '' ? 'invalid:nomail' : `mailto:${email}` },
    };
    return [{ id, name: property.name, text: write(property, 'ical20'), property, elements: ['Attendees'] }];
  });
}

/** @returns `whole`: the element says all that the property does. */
export function attendeeField(property: Property): { readonly id: string; readonly field: Field; readonly whole: boolean } {
  const param = (name: string): string => property.params.find(([key]) => key === name)?.[1].trim() ?? '';
  const address = plainText(property);
  const isMail = /^mailto:/i.test(address);
  const [name, email] = [param('CN'), isMail ? address.slice('mailto:'.length) : ''];
  const role = param('ROLE').toUpperCase();
  const partstat = param('PARTSTAT').toUpperCase();
  const type = property.name === 'ORGANIZER' ? ORGANIZER : role === 'OPT-PARTICIPANT' || role === 'NON-PARTICIPANT' ? OPTIONAL : '1';
  const shown = name === '' && email === '' ? address : name;
  const inner: Field['inner'] = [
    ['AttendeeName', { text: shown }],
    ['AttendeeEmail', { text: email }],
    ['AttendeeStatus', { text: STATUS.get(partstat) ?? '0' }],
    ['AttendeeType', { text: type }],
  ];
  const whole =
    (isMail || address === 'invalid:nomail') &&
    property.params.every(([key]) => /^(?:CN|ROLE|PARTSTAT)$/.test(key)) &&
    /^(?:|REQ-PARTICIPANT|OPT-PARTICIPANT)$/.test(role) &&
    (partstat === '' || partstat === 'NEEDS-ACTION' || STATUS.has(partstat)) &&
    (type !== ORGANIZER || partstat + role === '');
  return { id: idOf(property.name, shown, email), field: { text: '', inner }, whole };
}
