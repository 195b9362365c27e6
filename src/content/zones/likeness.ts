/** IANA zones whose clocks go as those of a zone that has no name, or whose name nobody knows. */
import { startOfYear } from './wall.js';
import { COMMON_ZONES } from './windows.js';
import { ianaZone, type Zone } from './zone.js';

const found = new WeakMap<Zone, Map<string, Zone | undefined>>();

/**
 * A zone of the IANA database that agrees with `zone` between two instants (ms since 1970).
 *
 * @param preferred names that are looked at first, such as the zone of the device.
 */
export function ianaLike(zone: Zone, from: number, to: number, preferred: readonly string[] = []): Zone | undefined {
  if (zone.iana !== undefined) return zone;
  const known = found.get(zone) ?? new Map<string, Zone | undefined>();
  found.set(zone, known);
  const key = [from, to, ...preferred].join(' ');
  if (known.has(key)) return known.get(key);
  const looks = [from, from + (to - from) / 2, to - 1];
  const offsets = looks.map((at) => zone.offsetAt(at));
  const changes = zone.changes(from, to);
  let like: Zone | undefined;
  for (const name of [...preferred, ...COMMON_ZONES]) {
    const other = ianaZone(name);
    if (!other || looks.some((at, index) => other.offsetAt(at) !== offsets[index])) continue;
    const theirs = other.changes(from, to);
    if (
      theirs.length !== changes.length ||
      theirs.some(({ at, after }, index) => changes[index]?.at !== at || changes[index].after !== after)
    )
      continue;
    like = other;
    break;
  }
  known.set(key, like);
  return like;
}

/** A zone of the IANA database with these offsets in winter and summer (or summer and winter) of a year. Seconds east of UTC. */
export function ianaOfOffsets(standard: number, daylight: number, year: number, preferred: readonly string[] = []): Zone | undefined {
  for (const name of [...preferred, ...COMMON_ZONES]) {
    const zone = ianaZone(name);
    if (!zone) continue;
    const both = [zone.offsetAt(startOfYear(year)), zone.offsetAt(Date.UTC(year, 6, 1))].sort((a, b) => a - b);
    if (both[0] === standard && both[1] === daylight) return zone;
  }
  return undefined;
}
