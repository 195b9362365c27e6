/** Times between a zone's clock and UTC. Names are those of the IANA database, with any path before them, and those of Windows. */
import { inLocalTime } from '../local-time.js';

const LOCAL = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)$/;

const KNOWN_PATH =
  /(?:^|\/)((?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific|Etc|US|Canada)\/[\w+-]+(?:\/[\w+-]+)?|UTC|GMT)$/;

/** The most used of CLDR's table of Windows names. */
const WINDOWS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'W. Europe Standard Time': 'Europe/Berlin',
    'Central Europe Standard Time': 'Europe/Budapest',
    'Central European Standard Time': 'Europe/Warsaw',
    'Romance Standard Time': 'Europe/Paris',
    'GMT Standard Time': 'Europe/London',
    'Greenwich Standard Time': 'Atlantic/Reykjavik',
    'E. Europe Standard Time': 'Europe/Chisinau',
    'FLE Standard Time': 'Europe/Kiev',
    'GTB Standard Time': 'Europe/Bucharest',
    'Russian Standard Time': 'Europe/Moscow',
    'Turkey Standard Time': 'Europe/Istanbul',
    'Israel Standard Time': 'Asia/Jerusalem',
    'South Africa Standard Time': 'Africa/Johannesburg',
    'India Standard Time': 'Asia/Kolkata',
    'China Standard Time': 'Asia/Shanghai',
    'Tokyo Standard Time': 'Asia/Tokyo',
    'Korea Standard Time': 'Asia/Seoul',
    'Singapore Standard Time': 'Asia/Singapore',
    'AUS Eastern Standard Time': 'Australia/Sydney',
    'New Zealand Standard Time': 'Pacific/Auckland',
    'Eastern Standard Time': 'America/New_York',
    'Central Standard Time': 'America/Chicago',
    'Mountain Standard Time': 'America/Denver',
    'US Mountain Standard Time': 'America/Phoenix',
    'Pacific Standard Time': 'America/Los_Angeles',
    'Alaskan Standard Time': 'America/Anchorage',
    'Hawaiian Standard Time': 'Pacific/Honolulu',
    'Atlantic Standard Time': 'America/Halifax',
    'E. South America Standard Time': 'America/Sao_Paulo',
    'Argentina Standard Time': 'America/Buenos_Aires',
  }),
);

const usable = new Map<string, string | undefined>();

/** The IANA zone that a TZID means; undefined: no name that is known. */
export function zoneNamed(tzid: string): string | undefined {
  if (usable.has(tzid)) return usable.get(tzid);
  const name = WINDOWS.get(tzid) ?? KNOWN_PATH.exec(tzid)?.[1];
  let zone: string | undefined;
  try {
    if (name !== undefined) zone = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    zone = undefined;
  }
  // Names come from items: what is remembered has a bound.
  if (usable.size < 1000) usable.set(tzid, zone);
  return zone;
}

const stamp = (time: number): string => `${new Date(time).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;

const timeOf = (basic: string): number | undefined => {
  const match = LOCAL.exec(basic.replace(/Z$/, ''));
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const time = Date.UTC(year, month - 1, day, hour, minute, second);
  return Number.isNaN(time) || time < -62_000_000_000_000 || time > 253_000_000_000_000 ? undefined : time;
};

/**
 * A local time of `zone` (an IANA name) in UTC. Of a time that happens twice, the first; one that is skipped is taken as much later as the
 * clock is put forward. [RFC 5545, "Date-Time"] Text that is no local time is returned as it is.
 */
export function inUtc(local: string, zone: string): string {
  const wanted = LOCAL.test(local) ? timeOf(local) : undefined;
  if (wanted === undefined) return local;
  const offsetAt = (utc: number): number => (timeOf(inLocalTime(stamp(utc), zone)) ?? utc) - utc;
  const before = offsetAt(wanted - 86_400_000);
  const first = wanted - before;
  if (offsetAt(first) === before) return stamp(first);
  const second = wanted - offsetAt(wanted + 86_400_000);
  return stamp(offsetAt(second) === wanted - second ? second : first);
}

/** Adds seconds to a date-time of the form `20260601T100000` or the same with Z; to a date, whole days. */
export function later(basic: string, seconds: number): string | undefined {
  if (/^\d{8}$/.test(basic)) {
    const time = timeOf(`${basic}T000000`);
    return time === undefined ? undefined : stamp(time + seconds * 1000).slice(0, 8);
  }
  const time = timeOf(basic);
  if (time === undefined) return undefined;
  const moved = stamp(time + seconds * 1000);
  return basic.endsWith('Z') ? moved : moved.slice(0, 15);
}

/** Seconds from one moment to another, both in UTC or both local; undefined when they cannot be compared. */
export function secondsBetween(from: string, to: string): number | undefined {
  if (from.endsWith('Z') !== to.endsWith('Z')) return undefined;
  const [a, b] = [timeOf(from), timeOf(to)];
  return a === undefined || b === undefined ? undefined : (b - a) / 1000;
}
