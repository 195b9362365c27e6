/**
 * Times, days and alarms of vCalendar 1.0 as a phone of a profile writes what it was given: from what the profile says a phone does, apart from what
 * the server does about it. See `mangle-as-phone.ts` for the rest.
 */
import type { OddDayForm, Traits } from '../../src/handsets/traits.js';

/** Beginning and end of one day, in the digits of the form. */
const DAYS: Readonly<Record<OddDayForm, readonly [begins: string, ends: string, nextDay?: 1 | -1]>> = {
  'to-2359': ['T000000', 'T235900'],
  'to-2400': ['T000000', 'T240000'],
  'to-2400-utc': ['T000000Z', 'T240000Z'],
  'to-next-midnight': ['T000000', 'T000000', 1],
  'to-start': ['T000000', 'T000000'],
  'working-day': ['T080000', 'T180000'],
  'to-0900': ['T000000', 'T090000'],
  'from-0900-to-2359': ['T090000', 'T235900'],
  'at-2359': ['T235900', 'T235900'],
  'from-2359-before': ['T000000', 'T235900', -1],
};

function dayAfter(day: string, by: number): string {
  const at = Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)) + by);
  return new Date(at).toISOString().slice(0, 10).replaceAll('-', '');
}

const valueOf = (text: string, name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(text)?.[1] ?? '';
const put = (text: string, name: string, value: string): string =>
  text.replace(new RegExp(`^${name}:.*?(\\r?)$`, 'm'), (_, end: string) => `${name}:${value}${end}`);

/**
 * @param text one entry as the phone got it. @param day the day it is for, where it is a single one without times: the phone knows it by the form it
 * takes.
 */
export function timesAsPhone(text: string, { time, calendar }: Traits, day: string | undefined): string {
  let result = text;
  const [form] = calendar?.daysRead ?? [];
  if (day !== undefined && form !== undefined) {
    const [begins, ends, days = 0] = DAYS[form];
    result = put(put(result, 'DTSTART', `${day}${begins}`), 'DTEND', `${dayAfter(day, days)}${ends}`);
  }
  if (day === undefined && time?.incoming === 'as-utc')
    result = result.replace(/^((?:DTSTART|DTEND|DUE|AALARM|DALARM):\d{8}T\d{6})Z/gm, '$1');
  if (day === undefined && time?.incoming === 'local-digits')
    result = result.replace(/^((?:DTSTART|DTEND|DUE|AALARM|DALARM):\d{8}T\d{6})(?![\dZ])/gm, '$1Z');
  const alarm = valueOf(result, 'AALARM').split(';')[0] ?? '';
  if (alarm !== '' && calendar?.alarmRead === 'bare') result = put(result, 'AALARM', alarm);
  if (alarm !== '' && calendar?.alarmRead === 'display')
    result = result.replace(/^AALARM:.*?(\r?)$/m, (_, end: string) => `DALARM:${alarm}${end}`);
  return result;
}
