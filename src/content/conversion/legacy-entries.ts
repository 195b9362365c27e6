/** Properties of an iCalendar 2.0 entry as vCalendar 1.0 has them. */
import { legacyPerson } from './attendees.js';
import type { Frame } from './frame.js';
import type { LossName } from './losses.js';
import { plainText, type Property } from './property.js';
import { utcShift } from './rule-days.js';
import { legacyRule } from './rules.js';
import type { Unit } from './units.js';
import { write } from './writing.js';

type Result = Pick<Unit, 'text' | 'loss'>;

/** What 1.0 has under the same name. [vCalendar 1.0, "Event and Todo Properties"] */
const SAME: ReadonlySet<string> = new Set(
  'ATTACH CATEGORIES CLASS DESCRIPTION LAST-MODIFIED LOCATION PRIORITY RELATED-TO RESOURCES SEQUENCE SUMMARY UID URL'.split(' '),
);
const MOMENTS: ReadonlySet<string> = new Set('DTSTART DTEND DUE COMPLETED EXDATE RDATE'.split(' '));
/** Set by programs, for programs. */
const OF_FORMAT: ReadonlySet<string> = new Set(['DTSTAMP', 'PRODID', 'VERSION']);

const STATUS: ReadonlyMap<string, string> = new Map([
  ['NEEDS-ACTION', 'NEEDS ACTION'],
  ['IN-PROCESS', 'ACCEPTED'],
  ['COMPLETED', 'COMPLETED'],
  ['CANCELLED', 'DECLINED'],
  ['TENTATIVE', 'TENTATIVE'],
  ['CONFIRMED', 'CONFIRMED'],
]);

const result = (property: Property, loss?: LossName): Result => ({ text: write(property, 'vcal10'), ...(loss ? { loss } : {}) });
const texted = (property: Property, name: string, text: string, loss?: LossName): Result =>
  result({ ...property, name, types: [], params: [], valueType: '', value: { kind: 'plain', text } }, loss);

export function legacyProperty(property: Property, frame: Frame, entry: string): Result {
  const { name } = property;
  if (OF_FORMAT.has(name)) return { text: '' };
  if (MOMENTS.has(name)) return moments(property, frame);
  switch (name) {
    case 'DURATION': {
      const { end } = frame;
      const ends = entry === 'VTODO' ? 'DUE' : 'DTEND';
      return end === '' ? { text: '', loss: 'length-without-start' } : texted(property, ends, end.includes('T') ? end : `${end}T000000`);
    }
    case 'RRULE':
    case 'EXRULE': {
      const rule = frame.rule.isLost ? undefined : legacyRule(plainText(property), frame.rule, frame.start);
      if (rule === undefined) return { text: '', loss: 'rule-without-form' };
      return texted(property, name, rule, utcShift(rule, frame.start) === 0 ? undefined : 'first-day');
    }
    case 'ATTENDEE':
    case 'ORGANIZER': {
      const { property: person, lost } = legacyPerson(property);
      return result(person, lost ? 'attendee-detail' : undefined);
    }
    case 'STATUS': {
      const word = plainText(property).toUpperCase();
      const isSame = entry === 'VTODO' ? word !== 'TENTATIVE' && word !== 'CONFIRMED' : /^(?:TENTATIVE|CONFIRMED|CANCELLED)$/.test(word);
      return texted(property, name, STATUS.get(word) ?? word, STATUS.has(word) && isSame ? undefined : 'status-word');
    }
    case 'TRANSP':
      return texted(property, name, plainText(property).toUpperCase() === 'TRANSPARENT' ? '1' : '0');
    case 'CREATED':
      return texted(property, 'DCREATED', plainText(property));
    case 'GEO':
      return texted(property, name, plainText(property).replace(';', ','));
    case 'RECURRENCE-ID':
      return { text: '', loss: 'which-instance' };
    case 'REQUEST-STATUS':
      return { text: '', loss: 'request-status' };
    default:
      return result(named(property), detailLost(property));
  }
}

/** What 1.0 does not have goes under an extension's name: what it reads it shows, and it comes back as it went. */
function named(property: Property): Property {
  const { name, valueType } = property;
  const isKnown = SAME.has(name) || name.startsWith('X-');
  return { ...property, name: isKnown ? name : `X-${name}`, valueType: valueType === 'URI' ? 'URL' : '' };
}

function detailLost({ params, value, name }: Property): LossName | undefined {
  if (params.some(([key]) => key !== 'LANGUAGE')) return 'parameter';
  return value.kind === 'list' && value.members.some((member) => /,|\\$/.test(member)) && name !== '' ? 'list-comma' : undefined;
}

/** One moment, or a list of them. Dates are written as midnights: old phones know no others. */
function moments(property: Property, frame: Frame): Result {
  const tzid = property.params.find(([key]) => key === 'TZID')?.[1];
  let loss: LossName | undefined;
  const isList = property.name === 'EXDATE' || property.name === 'RDATE';
  const written = (isList ? plainText(property).split(/[,;]/) : [plainText(property)]).map((one) => {
    const [begin = '', ...end] = one.trim().split('/');
    const { text, lost, zoned } = property.name === 'EXDATE' ? frame.exception(begin, tzid) : frame.moment(begin, tzid);
    if (!/^\d{8}(?:T\d{6}Z?)?$/.test(text)) loss = 'no-time';
    else if (end.length > 0) loss = 'period-end';
    else if (lost) loss = 'unknown-zone';
    else if (zoned) loss ??= 'zone-name';
    if (/^\d{8}$/.test(text) && !frame.allDay && property.name !== 'DUE') loss ??= 'day-spelling';
    return /^\d{8}$/.test(text) ? `${text}T000000` : text;
  });
  const others = property.params.some(([key]) => key !== 'TZID');
  if (others) loss ??= 'parameter';
  return texted(property, property.name, written.join(';'), loss);
}
