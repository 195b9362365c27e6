/**
 * Phones that turn their local times into UTC by the offset of the present day, not of the date: an event of the summer, written in winter, is an
 * hour off. @NOTE Sony Ericsson T610, K750 (where X-SONYERICSSON-DST:4 says so), Siemens S55.
 */
import { basicOf, wallOf } from '../zones/wall.js';
import { instantOf, localOf, type Zone } from '../zones/zone.js';
import type { EntryTimes } from './entry-times.js';

/** Does the phone do so with this entry? */
export const isOfToday = ({ text }: EntryTimes, habit: 'always' | 'marked' | undefined): boolean =>
  habit === 'always' || (habit === 'marked' && text('X-SONYERICSSON-DST') === '4');

/**
 * @param utc a time in UTC. @param now ms since 1970; undefined: nothing is done.
 * @param way 1: what the phone sent, put right; -1: what it has to get to show the right time.
 */
export function moved(utc: string, zone: Zone, now: number | undefined, way: 1 | -1): string {
  const wall = wallOf(utc);
  if (wall === undefined || now === undefined) return utc;
  const today = zone.offsetAt(now) * 1000;
  const at = way === 1 ? instantOf(zone, wall + today) : localOf(zone, wall) - today;
  return `${basicOf(at)}Z`;
}
