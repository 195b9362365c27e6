/** Recurrence rules of vCalendar 1.0 (`W1 TU TH #10`) and iCalendar 2.0 (`FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10`) into each other. */
import { basicDateTime } from '../date-time.js';

const DAY = /^(?:MO|TU|WE|TH|FR|SA|SU)$/;

/**
 * @param start DTSTART in basic form, '' when there is none: it says what a rule leaves out, and how its end is written.
 * @returns undefined when `text` is no rule of 1.0.
 */
export function modernRule(text: string, start: string): string | undefined {
  const [head = '', ...rest] = text
    .toUpperCase()
    .split(/[\s;]+/)
    .filter((word) => word !== '');
  const match = /^(D|W|MP|MD|YM|YD)(\d{1,4})$/.exec(head);
  if (!match) return undefined;
  const [, kind = '', interval = ''] = match;
  const { words, end } = endOf(rest, start);
  const parts = partsOf(kind, words);
  if (!parts) return undefined;
  const step = Number(interval) === 1 ? [] : [`INTERVAL=${Number(interval)}`];
  return [parts[0], ...step, ...parts.slice(1), ...end].join(';');
}

/** The end stands last: `#5`, `#0` for none, or a time. Without one the rule has no end either. @NOTE Nokia S40: birthdays are `YD1`. */
function endOf(words: readonly string[], start: string): { words: readonly string[]; end: readonly string[] } {
  const isEnd = (word: string): boolean => /^#\d+$/.test(word) || /^\d{4}-?\d\d-?\d\d(?:T\d\d:?\d\d:?\d\dZ?)?$/.test(word);
  const end: string[] = [];
  for (const word of words.filter(isEnd)) {
    if (word.startsWith('#')) {
      const count = Number(word.slice(1));
      if (count > 0) end.push(`COUNT=${count}`);
    } else end.push(`UNTIL=${untilOf(basicDateTime(word), start)}`);
  }
  // A count beside a time is the other's twin: 2.0 takes one of them.
  return { words: words.filter((word) => !isEnd(word)), end: end.slice(-1) };
}

/** UNTIL has the form of the start. [RFC 5545, "Recurrence Rule"] */
function untilOf(end: string, start: string): string {
  if (start !== '' && !start.includes('T')) return end.slice(0, 8);
  const whole = end.includes('T') ? end : `${end}T235959`;
  return start.endsWith('Z') && !whole.endsWith('Z') ? `${whole}Z` : whole;
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

/** @returns undefined when 1.0 has no form for the rule. */
export function legacyRule(text: string, start: string): string | undefined {
  const parts = new Map(
    text
      .toUpperCase()
      .split(';')
      .map((part) => part.split('='))
      .map(([key = '', value = '']) => [key.trim(), value.trim()] as const)
      .filter(([, value]) => value !== ''),
  );
  const interval = Number(parts.get('INTERVAL') ?? 1);
  if (!Number.isInteger(interval) || interval < 1) return undefined;
  const weekStart = parts.get('WKST') ?? 'MO';
  // Which week is the second one depends on the first day of the week.
  if (parts.get('FREQ') === 'WEEKLY' && interval > 1 && weekStart !== 'MO' && (parts.get('BYDAY') ?? '').includes(',')) return undefined;
  const by = new Map([...parts].filter(([key]) => !ASIDE.has(key)));
  const head = headOf(parts.get('FREQ') ?? '', interval, by, start);
  const end = legacyEnd(parts.get('COUNT'), parts.get('UNTIL'), start);
  return head === undefined || end === undefined ? undefined : `${head} ${end}`;
}

function legacyEnd(count: string | undefined, until: string | undefined, start: string): string | undefined {
  if (count !== undefined) return /^\d+$/.test(count) && Number(count) > 0 ? `#${Number(count)}` : undefined;
  if (until === undefined) return '#0';
  const end = basicDateTime(until);
  if (!/^\d{8}(?:T\d{6}Z?)?$/.test(end)) return undefined;
  // @NOTE Nokia: an end without a time makes the phone ignore the rule.
  if (!end.includes('T')) return `${end}T235959${start.endsWith('Z') ? 'Z' : ''}`;
  return /^\d{8}$/.test(start) ? `${end.slice(0, 8)}T235959` : end;
}

function headOf(freq: string, interval: number, by: ReadonlyMap<string, string>, start: string): string | undefined {
  const names = [...by.keys()].sort().join(' ');
  const list = (name: string): readonly string[] => (by.get(name) ?? '').split(',').map((one) => one.trim());
  const startMonth = start.slice(4, 6);
  const isStart = (name: string, value: string): boolean => start !== '' && by.get(name) === String(Number(value));
  switch (`${freq} ${names}`.trim()) {
    case 'DAILY':
      return `D${interval}`;
    case 'WEEKLY':
      return `W${interval}`;
    case 'WEEKLY BYDAY':
      return list('BYDAY').every((day) => DAY.test(day)) ? `W${interval} ${list('BYDAY').join(' ')}` : undefined;
    case 'DAILY BYDAY':
      return interval === 1 && list('BYDAY').every((day) => DAY.test(day)) ? `W1 ${list('BYDAY').join(' ')}` : undefined;
    case 'MONTHLY':
      return `MD${interval}`;
    case 'MONTHLY BYMONTHDAY':
      return withWords(`MD${interval}`, list('BYMONTHDAY').map(legacyOrdinal));
    case 'MONTHLY BYDAY':
      return withWords(`MP${interval}`, list('BYDAY').map(legacyPosition));
    case 'MONTHLY BYDAY BYSETPOS': {
      const [day = '', ...more] = list('BYDAY');
      return more.length === 0 ? withWords(`MP${interval}`, [legacyPosition(`${by.get('BYSETPOS') ?? ''}${day}`)]) : undefined;
    }
    case 'YEARLY':
      return `YD${interval}`;
    case 'YEARLY BYMONTH':
      return withWords(`YM${interval}`, list('BYMONTH').map(legacyNumber));
    case 'YEARLY BYMONTH BYMONTHDAY':
      return isStart('BYMONTH', startMonth) && isStart('BYMONTHDAY', start.slice(6, 8)) ? `YM${interval} ${Number(startMonth)}` : undefined;
    case 'YEARLY BYDAY BYMONTH':
      return isStart('BYMONTH', startMonth) ? withWords(`MP${interval * 12}`, list('BYDAY').map(legacyPosition)) : undefined;
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
