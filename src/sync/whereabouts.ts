/**
 * Where a device is. Of its clock: what an operator says of the device counts most, then what is said of its user: by these, times are put right as they come in.
 * What the device lets see, and the server's configuration, are good enough for how times are shown: nothing is stored otherwise for them.
 */
import { charsetsOf } from '../content/charset-countries.js';
import type { Countries } from '../content/merging/phone-numbers.js';
import type { Format } from '../content/conversion/format.js';
import { seenZone } from '../content/zones/seen.js';
import type { SyncWork } from './work.js';

/** A server that runs in UTC says nothing of where phones are: hardly anybody lives there all year. */
const NOWHERE = /^(?:Etc\/)?(?:UTC|GMT|UCT|Zulu|Universal|Greenwich)(?:[+-]?0)?$/i;

const ofServer = ({ options: { timeZone } }: SyncWork): string | undefined =>
  timeZone === undefined || NOWHERE.test(timeZone) ? undefined : timeZone;

/** IANA name of where somebody said the device is. */
export const homeOf = ({ device, options }: SyncWork): string | undefined => device.timeZone ?? options.userZone;

/** Where it is taken to be; undefined: nobody knows. */
export const likelyHome = (work: SyncWork): string | undefined =>
  work.device.timeZone ?? work.device.seenZone ?? work.options.userZone ?? ofServer(work);

/** The zone of the phone of 1.0 whose item is converted: of the one that wrote it, or of this one, that gets it or sends it. */
export const homeOfItem = (work: SyncWork, stored: Format): string | undefined =>
  stored === 'vcal10' ? (work.options.userZone ?? ofServer(work)) : likelyHome(work);

/** Charsets of its texts that name none, the likeliest first: what it was seen to write, and what is used where it is. */
export const likelyCharsets = ({ device, options }: SyncWork): readonly string[] => [
  ...(device.seenCharset === undefined ? [] : [device.seenCharset]),
  ...charsetsOf(device.country ?? options.userCountry ?? options.country),
];

/** Where numbers without the prefix of a country are: stored ones, which may come from any of the user's devices, and the device's own. */
export function countriesOf({ device, options }: SyncWork): Countries {
  const ofUser = options.userCountry ?? options.country;
  return { ours: ofUser ?? device.country, theirs: device.country ?? ofUser };
}

/** An item of the device may say how its clock goes. */
export function lookAtClock(work: SyncWork, bytes: Uint8Array, type: string): void {
  const { device } = work;
  if (device.timeZone !== undefined || work.traits.time?.incoming !== undefined) return;
  const seen = seenZone(bytes, type, likelyHome(work));
  if (seen !== undefined && seen !== device.seenZone && seen !== likelyHome(work)) work.changeDevice({ ...device, seenZone: seen });
}
