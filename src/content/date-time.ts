/*
 * Dates, times and durations in one spelling. Nothing is converted between zones: a time means what its text and TZID say.
 */

const BASIC = /^\d{8}(?:T\d{6}Z?)?$/;
const DATE_TIME = /^(\d{4})-?(\d\d)-?(\d\d)(?:[Tt ](\d\d):?(\d\d):?(\d\d)(?:[.,]0+)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/;

/** A date or date-time in basic form (`20070101T120000Z`); other text, such as `--0203`, is only trimmed. */
export function basicDateTime(text: string): string {
  const trimmed = text.trim();
  if (BASIC.test(trimmed)) return trimmed;
  const match = DATE_TIME.exec(trimmed);
  if (match === null) return trimmed;
  const [, year, month, day, hour, minute, second, zone] = match;
  const date = `${year}${month}${day}`;
  return hour === undefined ? date : `${date}T${hour}${minute}${second}${(zone ?? '').toUpperCase().replace(':', '')}`;
}

/** A moment as UTC basic stamp, or undefined when the text is not a full time with a zone. */
export function utcStamp(text: string): string | undefined {
  const basic = basicDateTime(text);
  if (/^\d{8}T\d{6}Z$/.test(basic)) return basic;
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)([+-]\d{2,4})$/.exec(basic);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const zone = match[7] ?? '';
  const sign = zone.startsWith('-') ? -1 : 1;
  const offset = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3, 5)));
  const time = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, (minute ?? 0) - offset, second ?? 0);
  const digits = new Date(time).toISOString().replace(/[-:]/g, '');
  const stamp = `${digits.slice(0, 15)}Z`;
  return BASIC.test(stamp) ? stamp : undefined;
}

const DURATION = /^([+-]?)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i;

/** A duration as days and seconds, `-P1DT90S`: a day is not 24 hours where the clock changes. Other text is returned as it is. */
export function plainDuration(text: string): string {
  const match = DURATION.exec(text.trim());
  if (match === null || text.length < 3) return text.trim();
  const [weeks, days, hours, minutes, seconds] = match.slice(2).map((part) => Number(part ?? 0));
  const total = (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0);
  return `${match[1] === '-' ? '-' : ''}P${(weeks ?? 0) * 7 + (days ?? 0)}DT${total}S`;
}

/** The digits that say when, for loose comparison: no zone mark, and midnight is the bare date. */
export function looseMoment(text: string): string {
  return basicDateTime(text)
    .replace(/(?:Z|[+-]\d{2,4})$/, '')
    .replace(/T0{6}$/, '');
}
