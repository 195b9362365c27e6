/** Properties of a vCalendar 1.0 entry as iCalendar 2.0 has them. */
import { basicDateTime } from '../date-time.js';
import { modernPerson } from './attendees.js';
import { ZONE_MARK } from '../zones/legacy.js';
import type { Frame } from './frame.js';
import type { LossName } from './losses.js';
import { plainText, type Property } from './property.js';
import { modernRule } from './rules.js';
import type { Unit } from './units.js';
import { write } from './writing.js';

type Result = Pick<Unit, 'text' | 'loss'>;

const MOMENTS: ReadonlySet<string> = new Set('DTSTART DTEND DUE COMPLETED RECURRENCE-ID EXDATE RDATE'.split(' '));
/** They follow the start: a date where that is one. */
const LIKE_START: ReadonlySet<string> = new Set('DTSTART DTEND DUE RECURRENCE-ID EXDATE RDATE'.split(' '));
const OF_FORMAT: ReadonlySet<string> = new Set(['PRODID', 'VERSION', 'RNUM', ZONE_MARK]);
/** Of 2.0, and carried as extensions by 1.0. */
const CARRIED: ReadonlySet<string> = new Set(
  'COMMENT CONTACT PERCENT-COMPLETE COLOR IMAGE CONFERENCE REFRESH-INTERVAL SOURCE NAME ACKNOWLEDGED'.split(' '),
);
const EVENT_STATUS: ReadonlyMap<string, string> = new Map([
  ['TENTATIVE', 'TENTATIVE'],
  ['NEEDS ACTION', 'TENTATIVE'],
  ['SENT', 'TENTATIVE'],
  ['CONFIRMED', 'CONFIRMED'],
  ['ACCEPTED', 'CONFIRMED'],
  ['COMPLETED', 'CONFIRMED'],
  ['DELEGATED', 'CONFIRMED'],
  ['DECLINED', 'CANCELLED'],
  ['CANCELLED', 'CANCELLED'],
]);
const TASK_STATUS: ReadonlyMap<string, string> = new Map([
  ['NEEDS ACTION', 'NEEDS-ACTION'],
  ['SENT', 'NEEDS-ACTION'],
  ['TENTATIVE', 'NEEDS-ACTION'],
  ['DELEGATED', 'NEEDS-ACTION'],
  ['ACCEPTED', 'IN-PROCESS'],
  ['CONFIRMED', 'IN-PROCESS'],
  ['COMPLETED', 'COMPLETED'],
  ['DECLINED', 'CANCELLED'],
  ['CANCELLED', 'CANCELLED'],
]);
const SAME_EVENT: ReadonlySet<string> = new Set(['TENTATIVE', 'CONFIRMED', 'DECLINED']);
const SAME_TASK: ReadonlySet<string> = new Set(['NEEDS ACTION', 'ACCEPTED', 'COMPLETED', 'DECLINED']);

const result = (property: Property, loss?: LossName): Result => ({ text: write(property, 'ical20'), ...(loss ? { loss } : {}) });
const texted = (property: Property, name: string, text: string, valueType = '', loss?: LossName): Result =>
  result({ ...property, name, types: [], params: [], valueType, value: { kind: 'plain', text } }, loss);

export function modernProperty(property: Property, frame: Frame, entry: string): Result {
  const { name } = property;
  if (OF_FORMAT.has(name)) return { text: '' };
  // The times say it.
  if (name === 'TZ' || name === 'DAYLIGHT') return { text: '', loss: 'zone-name' };
  if (MOMENTS.has(name)) return moments(property, frame);
  const text = plainText(property);
  switch (name) {
    case 'RRULE':
    case 'EXRULE': {
      const rule = modernRule(text, frame.rule);
      return rule === undefined ? { text: '', loss: 'rule-not-understood' } : texted(property, name, rule);
    }
    case 'ATTENDEE': {
      const { property: person, lost } = modernPerson(property);
      return result(person, lost ? 'attendee-detail' : undefined);
    }
    case 'STATUS': {
      const word = text.toUpperCase().replace(/[\s-]+/g, ' ');
      const [words, same] = entry === 'VTODO' ? [TASK_STATUS, SAME_TASK] : [EVENT_STATUS, SAME_EVENT];
      const status = words.get(word);
      return status === undefined
        ? { text: '', loss: 'status-word' }
        : texted(property, name, status, '', same.has(word) ? undefined : 'status-word');
    }
    case 'DURATION':
      return result(property, 'no-time');
    case 'TRANSP':
      return texted(
        property,
        name,
        /^(?:0|OPAQUE)$/i.test(text) ? 'OPAQUE' : 'TRANSPARENT',
        '',
        /^[01]$/.test(text) ? undefined : 'status-word',
      );
    case 'DCREATED':
      return texted(property, 'CREATED', text);
    case 'GEO':
      return texted(property, name, text.replace(',', ';'));
    default:
      return result(named(property), property.types.length > 0 ? 'parameter' : undefined);
  }
}

function named(property: Property): Property {
  const { name, valueType } = property;
  const plain = name.startsWith('X-') ? name.slice(2) : '';
  const isPlace = valueType === 'URL' || valueType === 'URI';
  return { ...property, name: CARRIED.has(plain) ? plain : name, types: [], valueType: isPlace && name === 'ATTACH' ? 'URI' : '' };
}

function moments(property: Property, frame: Frame): Result {
  const { name } = property;
  const isList = name === 'EXDATE' || name === 'RDATE';
  const raw = (isList ? plainText(property).split(/[,;]/) : [plainText(property)]).map((one) => one.trim()).filter((one) => one !== '');
  if (frame.allDay && name === 'DTEND') {
    if (frame.end === '' || frame.end <= frame.start) return { text: '', loss: 'day-spelling' };
    return texted(property, name, frame.end, 'DATE', isMidnight(raw[0] ?? '', frame.end) ? undefined : 'day-spelling');
  }
  const tzid = property.params.find(([key]) => key === 'TZID')?.[1];
  const read = raw.map((one) => frame.moment(one, tzid));
  const written = read.map(({ text }, at) => (LIKE_START.has(name) ? text : frame.inUtc(basicDateTime(raw[at] ?? ''))));
  const zone = LIKE_START.has(name) ? read.find(({ tzid: named }) => named !== undefined)?.tzid : undefined;
  const isDate = written.every((one) => /^\d{8}$/.test(one));
  const isOther = isDate ? raw.some((one, at) => !isMidnight(one, written[at] ?? '')) : raw.some((one) => /T240000/.test(one));
  const loss = isOther
    ? 'day-spelling'
    : written.some((one) => !/^\d{8}(?:T\d{6}Z?)?$/.test(one))
      ? 'no-time'
      : read.some(({ lost }) => lost)
        ? 'unknown-zone'
        : read.some(({ zoned }) => zoned) || written.some((one, at) => one.endsWith('Z') && !(raw[at] ?? '').includes('Z'))
          ? 'zone-name'
          : undefined;
  return result(
    {
      ...property,
      types: [],
      params: zone === undefined ? [] : [['TZID', zone]],
      valueType: isDate ? 'DATE' : '',
      value: { kind: 'plain', text: written.join(',') },
    },
    loss,
  );
}

/** As a date is written on the way back. */
const isMidnight = (text: string, date: string): boolean => basicDateTime(text) === `${date}T000000`;
