/** Times in UTC as a clock on the wall shows them, for devices that know no UTC. */
import { ianaZone, toLocal } from './zones/zone.js';

const UTC_TIME = /\b\d{8}T\d{6}Z/g;

/** Every UTC time in a value, such as `20260606T100000Z` or a list of them, as local time of `zone` (an IANA name). What is no date stays. */
export function inLocalTime(value: string, zone: string): string {
  const known = ianaZone(zone);
  return known ? value.replace(UTC_TIME, (utc) => toLocal(utc, known)) : value;
}
