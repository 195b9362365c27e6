/** Times in UTC as a clock on the wall shows them, for devices that know no UTC. */

const UTC_TIME = /\b(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z/g;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(zone, format);
  }
  return format;
}

function wallClock(zone: string, at: Date): string {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes, length = 2): string => (parts.get(type) ?? '').padStart(length, '0');
  return `${part('year', 4)}${part('month')}${part('day')}T${part('hour')}${part('minute')}${part('second')}`;
}

/** Every UTC time in a value, such as `20260606T100000Z` or a list of them, as local time of `zone` (an IANA name). What is no date stays. */
export function inLocalTime(value: string, zone: string): string {
  return value.replace(UTC_TIME, (whole: string, y: string, mo: string, d: string, h: string, mi: string, s: string) => {
    const at = new Date(Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s)));
    return Number.isNaN(at.getTime()) || at.getUTCMonth() !== Number(mo) - 1 ? whole : wallClock(zone, at);
  });
}
