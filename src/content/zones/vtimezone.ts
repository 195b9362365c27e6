/**
 * A zone as VTIMEZONE: what its clocks did from a year on, one by one as long as they follow no rule, and the rule from where they do.
 * [RFC 5545, "Time Zone Component"]
 */
import { basicOf, offsetText, startOfYear, yearOf } from './wall.js';
import type { Change, Zone } from './zone.js';

/** Within so many years each day of the week falls on each date: what holds in all of them is a rule. */
const CYCLE = 28;
/** The rule of today is looked for here: beyond what is planned anywhere, and before the numbers of old programs end. */
const RULE_YEAR = 2038;
/** Without a rule, so many years are told from the first one needed on. */
const TOLD_YEARS = 30;
const DAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

interface Rule {
  readonly before: number;
  readonly after: number;
  readonly text: string;
}

interface Tail {
  /** From the beginning of this year on the rules hold. */
  readonly year: number;
  /** None: the clocks do not change any more. */
  readonly rules: readonly Rule[];
}

/** How a local date and time lies in its year. */
const placeOf = ({ at, before, after }: Change): { month: number; day: number; weekday: number; time: string; key: string } => {
  const local = at + before * 1000;
  const date = new Date(local);
  const [month, weekday, time] = [date.getUTCMonth() + 1, date.getUTCDay(), basicOf(local).slice(9)];
  return { month, day: date.getUTCDate(), weekday, time, key: [before, after, month, weekday, time].join(' ') };
};

/** `BYDAY` of a weekday that always falls on these days of the month; undefined for more than a week of them. */
function dayRule(weekday: number, days: readonly number[], month: number): string | undefined {
  const [low, high] = [Math.min(...days), Math.max(...days)];
  const name = DAYS[weekday] ?? '';
  const length = new Date(Date.UTC(2023, month, 0)).getUTCDate();
  if (high - low > 6) return undefined;
  if (high - low < 6) return low === high ? undefined : `BYDAY=${name};BYMONTHDAY=${[...new Set(days)].sort((a, b) => a - b).join(',')}`;
  if (high === length && month !== 2) return `BYDAY=-1${name}`;
  if (low % 7 === 1) return `BYDAY=${(low + 6) / 7}${name}`;
  return `BYDAY=${name};BYMONTHDAY=${Array.from({ length: 7 }, (_, at) => low + at).join(',')}`;
}

function tailOf(zone: Zone): Tail | undefined {
  const changes = zone.changes(startOfYear(RULE_YEAR), startOfYear(RULE_YEAR + CYCLE));
  const places = new Map<string, { change: Change; days: number[] }>();
  for (const change of changes) {
    const { key, day } = placeOf(change);
    const place = places.get(key) ?? { change, days: [] };
    place.days.push(day);
    places.set(key, place);
  }
  const rules: Rule[] = [];
  for (const { change, days } of places.values()) {
    const { month, weekday } = placeOf(change);
    const day = dayRule(weekday, days, month);
    if (day === undefined || days.length !== CYCLE) return undefined;
    rules.push({ before: change.before, after: change.after, text: `FREQ=YEARLY;BYMONTH=${month};${day}` });
  }
  const allowed = new Map([...places].map(([key, { days }]) => [key, new Set(days)]));
  let year = RULE_YEAR;
  while (year > 1971 && holds(zone, year - 1, allowed)) year -= 1;
  return { year, rules };
}

function holds(zone: Zone, year: number, allowed: ReadonlyMap<string, ReadonlySet<number>>): boolean {
  const changes = zone.changes(startOfYear(year), startOfYear(year + 1));
  if (changes.length !== allowed.size) return false;
  if (changes.length === 0) return zone.offsetAt(startOfYear(year)) === zone.offsetAt(startOfYear(RULE_YEAR));
  return changes.every((change) => {
    const { key, day } = placeOf(change);
    return allowed.get(key)?.has(day) === true;
  });
}

const tails = new WeakMap<Zone, { readonly tail: Tail | undefined }>();

function knownTail(zone: Zone): Tail | undefined {
  const known = tails.get(zone) ?? { tail: tailOf(zone) };
  tails.set(zone, known);
  return known.tail;
}

const written = new WeakMap<Zone, Map<string, string>>();

/**
 * @param firstYear of the earliest time that is in the zone.
 * @param lastYear of the latest one; undefined: a series goes on.
 * @returns text with line ends, ASCII.
 */
export function vtimezone(zone: Zone, tzid: string, firstYear: number, lastYear?: number): string {
  const known = written.get(zone) ?? new Map<string, string>();
  written.set(zone, known);
  const key = `${firstYear} ${lastYear} ${tzid}`;
  const text = known.get(key) ?? write(zone, tzid, firstYear, lastYear);
  if (known.size > 100) known.clear();
  known.set(key, text);
  return text;
}

function write(zone: Zone, tzid: string, firstYear: number, lastYear: number | undefined): string {
  // The year before, so that the first time is in an observance whatever its offset.
  const year = Math.max(firstYear - 1, 1);
  const tail = knownTail(zone);
  const end = lastYear === undefined ? year + TOLD_YEARS : lastYear + 2;
  const told = zone.changes(startOfYear(year), startOfYear(Math.min(tail?.year ?? Infinity, end)));
  const ruledFrom = tail && tail.year < end ? Math.max(tail.year, year) : undefined;
  const ruled = ruledFrom === undefined ? [] : zone.changes(startOfYear(ruledFrom), startOfYear(ruledFrom + 1));
  const changes = [...told, ...ruled];
  const offsets = [zone.offsetAt(startOfYear(year)), ...changes.map(({ after }) => after)];
  const standard = Math.min(...offsets.slice(-3));
  const parts: string[] = [];
  // A zone without any change still has an observance.
  const begin = startOfYear(year);
  const initial = zone.offsetAt(begin);
  if ((changes[0]?.at ?? Infinity) > begin)
    parts.push(observance({ at: begin - initial * 1000, before: initial, after: initial }, standard, ''));
  for (const change of told.filter(({ at }) => !(ruledFrom !== undefined && yearOf(at) >= ruledFrom)))
    parts.push(observance(change, standard, ''));
  for (const change of ruled) {
    const rule = tail?.rules.find((one) => one.before === change.before && one.after === change.after && sameMonth(one, change));
    parts.push(observance(change, standard, rule ? `RRULE:${rule.text}\r\n` : ''));
  }
  return `BEGIN:VTIMEZONE\r\nTZID:${tzid}\r\n${parts.join('')}END:VTIMEZONE\r\n`;
}

const sameMonth = ({ text }: Rule, change: Change): boolean => text.includes(`BYMONTH=${placeOf(change).month};`);

function observance({ at, before, after }: Change, standard: number, rule: string): string {
  const name = after > standard ? 'DAYLIGHT' : 'STANDARD';
  const start = basicOf(at + before * 1000);
  const offsets = `TZOFFSETFROM:${offsetText(before)}\r\nTZOFFSETTO:${offsetText(after)}\r\n`;
  return `BEGIN:${name}\r\nDTSTART:${start}\r\n${offsets}${rule}END:${name}\r\n`;
}
