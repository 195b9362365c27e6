/** Times between a zone's clock and UTC, by the zone's name. What a zone is: `../zones/`. */
import { zoneNamed as knownZone } from '../zones/naming.js';
import { toUtc } from '../zones/zone.js';

export { later, secondsBetween } from '../zones/wall.js';

/** The IANA zone that a TZID means; undefined: no name that is known. */
export const zoneNamed = (tzid: string): string | undefined => knownZone(tzid)?.iana;

/**
 * A local time of `zone` (an IANA name) in UTC. Of a time that happens twice, the first; one that is skipped is taken as much later as the
 * clock is put forward. [RFC 5545, "Date-Time"] Text that is no local time is returned as it is.
 */
export function inUtc(local: string, zone: string): string {
  const known = knownZone(zone);
  return known ? toUtc(local, known) : local;
}
