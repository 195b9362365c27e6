/** Recurrence rules of vCalendar 1.0 (`W1 TU TH #10`) and iCalendar 2.0 (`FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10`) into each other. */
import { basicDateTime } from '../date-time.js';
import type { RuleClock } from './frame.js';
import { isOneWeek, plainer } from './plainer-rules.js';
import { shiftedRule } from './rule-days.js';

const DAY = /^(?:MO|TU|WE|TH|FR|SA|SU)$/;

/** A rule whose start is in UTC, local to nobody or a date, and whose end is written like that. [RFC 5545, "Recurrence Rule"] */
export function plainClock(start: string): RuleClock {
  const until = (end: string): string => {
    if (start !== '' && !start.includes('T')) return end.slice(0, 8);
    const whole = end.includes('T') ? end : `${end}T235959`;
    return start.endsWith('Z') && !whole.endsWith('Z') ? `${whole}Z` : whole;
  };
  return { start, shift: 0, until };
}

/** @returns undefined when `text` is no rule of 1.0. */
export function modernRule(text: string, clock: RuleClock): string | undefined {
  const [head = '', ...rest] = text
    .toUpperCase()
    .split(/[\s;]+/)
    .filter((word) => word !== '');
  const match = /^(D|W|MP|MD|YM|YD)(\d{1,4})$/.exec(head);
  if (!match || Number(match[2]) === 0) return undefined;
  const [, kind = '', interval = ''] = match;
  const { words, end } = endOf(rest, clock);
  // The time of day that the entry has anyway. [vCalendar 1.0, "Recurrence Rule": times may stand after the days]
  const time = `${clock.start.slice(9, 13)}${clock.start.slice(15)}`;
  const days = words.filter((word) => word !== time || !/^[DWM]P?$/.test(kind));
  const parts = partsOf(kind, days);
  if (!parts) return undefined;
  const step = Number(interval) === 1 ? [] : [`INTERVAL=${Number(interval)}`];
  return shiftedRule([parts[0], ...step, ...parts.slice(1), ...end].join(';'), clock.shift);
}

/** The end stands last: `#5`, `#0` for none, or a time. Without one the rule has no end either. @NOTE Nokia S40: birthdays are `YD1`. */
function endOf(words: readonly string[], clock: RuleClock): { words: readonly string[]; end: readonly string[] } {
  const isEnd = (word: string): boolean => /^#\d+$/.test(word) || /^\d{4}-?\d\d-?\d\d(?:T\d\d:?\d\d:?\d\dZ?)?$/.test(word);
  const end: string[] = [];
  for (const word of words.filter(isEnd)) {
    if (word.startsWith('#')) {
      const count = Number(word.slice(1));
      if (count > 0) end.push(`COUNT=${count}`);
    } else end.push(`UNTIL=${clock.until(basicDateTime(word))}`);
  }
  // A count beside a time is the other's twin: 2.0 takes one of them.
  return { words: words.filter((word) => !isEnd(word)), end: end.slice(-1) };
}

function partsOf(kind: string, words: readonly string[]): readonly string[] | undefined {
  const list = (name: string, values: readonly string[]): readonly string[] => (values.length === 0 ? [] : [`${name}=${values.join(',')}`]);
  const numbers = words.map(ordinal);
  const areNumbers = numbers.every((one) => one !== undefined);
  switch (kind) {
    case 'D':
      // Times of day: the entry has one start.
      return words.length === 0 ? ['FREQ=DAILY'] : undefined;
    case 'W':
      return words.every((word) => DAY.test(word)) ? ['FREQ=WEEKLY', ...list('BYDAY', words)] : undefined;
    case 'MP': {
      const days = positions(words);
      return days ? ['FREQ=MONTHLY', ...list('BYDAY', days)] : undefined;
    }
    case 'MD':
      return areNumbers ? ['FREQ=MONTHLY', ...list('BYMONTHDAY', numbers)] : undefined;
    case 'YM':
      return areNumbers ? ['FREQ=YEARLY', ...list('BYMONTH', numbers)] : undefined;
    default:
      return areNumbers ? ['FREQ=YEARLY', ...list('BYYEARDAY', numbers)] : undefined;
  }
}

/** `5`, `5+` and `5-` for the fifth and the last but four; LD for the last. */
function ordinal(word: string): string | undefined {
  if (word === 'LD') return '-1';
  const match = /^(\d{1,3})([+-]?)$/.exec(word);
  return match ? `${match[2] === '-' ? '-' : ''}${Number(match[1])}` : undefined;
}

/** `1+ MO TU 2- FR`: each position holds for the days after it. */
function positions(words: readonly string[]): readonly string[] | undefined {
  const days: string[] = [];
  let at: readonly string[] = [];
  let fresh = true;
  for (const word of words) {
    const position = /^[1-5][+-]?$/.test(word) ? ordinal(word) : undefined;
    if (position !== undefined) {
      at = fresh ? [...at, position] : [position];
      fresh = true;
    } else if (DAY.test(word) && at.length > 0) {
      days.push(...at.map((one) => `${one}${word}`));
      fresh = false;
    } else return undefined;
  }
  return days.length > 0 || words.length === 0 ? days : undefined;
}

/** Parts of a 2.0 rule that do not change when the thing happens, or that 1.0 writes elsewhere. */
const ASIDE: ReadonlySet<string> = new Set(['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST']);

/**
 * @param written the start as it is written in 1.0: the end is written like it.
 * @returns undefined when 1.0 has no form for the rule.
 */
export function legacyRule(text: string, clock: RuleClock, written = clock.start): string | undefined {
  const parts = new Map(
    shiftedRule(text.toUpperCase(), clock.shift)
      .split(';')
      .map((part) => part.split('='))
      .map(([key = '', value = '']) => [key.trim(), value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  const interval = Number(parts.get('INTERVAL') ?? 1);
  if (!Number.isInteger(interval) || interval < 1 || interval > 9999) return undefined;
  const weekStart = parts.get('WKST') ?? 'MO';
  const days = (parts.get('BYDAY') ?? '').split(',');
  const isOther = parts.get('FREQ') === 'WEEKLY' && interval > 1 && weekStart !== 'MO' && days.length > 1;
  // Which week is the second one depends on the first day of the week.
  if (isOther && !isOneWeek(days, weekStart, clock.start)) return undefined;
  const head = headOfParts(parts, clock.start) ?? headOfParts(plainer(parts, clock.start), clock.start);
  const end = legacyEnd(parts.get('COUNT'), parts.get('UNTIL'), clock, written);
  return head === undefined || end === undefined ? undefined : `${head} ${end}`;
}

function headOfParts(parts: ReadonlyMap<string, string>, start: string): string | undefined {
  const by = new Map([...parts].filter(([key]) => !ASIDE.has(key)));
  return headOf(parts.get('FREQ') ?? '', Number(parts.get('INTERVAL') ?? 1), by, start);
}

function legacyEnd(count: string | undefined, until: string | undefined, clock: RuleClock, written: string): string | undefined {
  if (count !== undefined) return /^\d+$/.test(count) && Number(count) > 0 ? `#${Number(count)}` : undefined;
  if (until === undefined) return '#0';
  const end = basicDateTime(until);
  if (!/^\d{8}(?:T\d{6}Z?)?$/.test(end)) return undefined;
  // @NOTE Nokia: an end without a time makes the phone ignore the rule.
  if (/^\d{8}$/.test(written)) return `${end.slice(0, 8)}T235959`;
  if (end.includes('T')) return clock.until(end);
  const last = clock.until(`${end}T235959`);
  return written.endsWith('Z') && !last.endsWith('Z') ? `${last}Z` : last;
}

function headOf(freq: string, interval: number, by: ReadonlyMap<string, string>, start: string): string | undefined {
  const names = [...by.keys()].sort().join(' ');
  const list = (name: string): readonly string[] => (by.get(name) ?? '').split(',').map((one) => one.trim());
  const startMonth = start.slice(4, 6);
  const isStart = (name: string, value: string): boolean => start !== '' && by.get(name) === String(Number(value));
  const isWeekly = list('BYDAY').every((day) => DAY.test(day));
  switch (`${freq} ${names}`.trim()) {
    case 'DAILY':
      return `D${interval}`;
    case 'WEEKLY':
      return `W${interval}`;
    case 'WEEKLY BYDAY':
      return isWeekly ? `W${interval} ${list('BYDAY').join(' ')}` : undefined;
    case 'DAILY BYDAY':
      return interval === 1 && isWeekly ? `W1 ${list('BYDAY').join(' ')}` : undefined;
    case 'MONTHLY':
      return `MD${interval}`;
    case 'MONTHLY BYMONTHDAY':
      return withWords(`MD${interval}`, list('BYMONTHDAY').map(legacyOrdinal));
    case 'MONTHLY BYDAY':
      // Every Monday of every month is every Monday.
      if (isWeekly) return interval === 1 ? `W1 ${list('BYDAY').join(' ')}` : undefined;
      return withWords(`MP${interval}`, list('BYDAY').map(legacyPosition));
    case 'MONTHLY BYDAY BYSETPOS': {
      const [day = '', ...more] = list('BYDAY');
      return more.length === 0
        ? withWords(
            `MP${interval}`,
            list('BYSETPOS').map((at) => legacyPosition(`${at}${day}`)),
          )
        : undefined;
    }
    case 'YEARLY':
      return `YD${interval}`;
    case 'YEARLY BYMONTH':
      return withWords(`YM${interval}`, list('BYMONTH').map(legacyNumber));
    case 'YEARLY BYMONTHDAY':
      return interval === 1 ? withWords('MD1', list('BYMONTHDAY').map(legacyOrdinal)) : undefined;
    case 'YEARLY BYMONTH BYMONTHDAY':
      return isStart('BYMONTHDAY', start.slice(6, 8)) && list('BYMONTH').includes(String(Number(startMonth)))
        ? withWords(`YM${interval}`, list('BYMONTH').map(legacyNumber))
        : undefined;
    case 'YEARLY BYDAY BYMONTH':
      return isStart('BYMONTH', startMonth) && !isWeekly ? withWords(`MP${interval * 12}`, list('BYDAY').map(legacyPosition)) : undefined;
    case 'YEARLY BYDAY':
      return interval === 1 && isWeekly ? `W1 ${list('BYDAY').join(' ')}` : undefined;
    case 'YEARLY BYDAY BYMONTH BYSETPOS': {
      const [day = '', ...more] = list('BYDAY');
      return more.length === 0 && isStart('BYMONTH', startMonth)
        ? withWords(
            `MP${interval * 12}`,
            list('BYSETPOS').map((at) => legacyPosition(`${at}${day}`)),
          )
        : undefined;
    }
    case 'MONTHLY BYMONTH BYMONTHDAY':
      return interval % 12 === 0 && isStart('BYMONTH', startMonth)
        ? withWords(`MD${interval}`, list('BYMONTHDAY').map(legacyOrdinal))
        : undefined;
    case 'YEARLY BYYEARDAY':
      return withWords(`YD${interval}`, list('BYYEARDAY').map(legacyNumber));
    default:
      return undefined;
  }
}

const withWords = (head: string, words: readonly (string | undefined)[]): string | undefined =>
  words.includes(undefined) ? undefined : `${head} ${words.join(' ')}`;

const legacyNumber = (text: string): string | undefined => (/^\d{1,3}$/.test(text) ? String(Number(text)) : undefined);

function legacyOrdinal(text: string): string | undefined {
  if (text === '-1') return 'LD';
  const match = /^([+-]?)(\d{1,2})$/.exec(text);
  return match ? `${Number(match[2])}${match[1] === '-' ? '-' : ''}` : undefined;
}

function legacyPosition(text: string): string | undefined {
  const match = /^([+-]?)([1-5])(MO|TU|WE|TH|FR|SA|SU)$/.exec(text);
  return match ? `${match[2]}${match[1] === '-' ? '-' : '+'} ${match[3]}` : undefined;
}
