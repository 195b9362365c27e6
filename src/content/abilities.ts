/** What a device can hold of an item, by its own device information. [DevInf 1.2, "CTCap", "MaxSize", "MaxOccur", "NoTruncate", "UTC"] */
import type { Traits } from '../handsets/traits.js';
import type { CtCap, DevInf } from '../model/devinf.js';
import type { CalendarHabits } from './habits.js';
import { normalizeMediaType } from './media-type.js';
import type { PhotoLimits, SamePicture, ThinnedPhoto } from './photos.js';
import { habitsOf, limitsOf } from './profile-habits.js';
import type { Seen } from './seen.js';

export interface PropertyLimit {
  /** Bytes of the value. */
  readonly maxSize?: number;
  /** Longer values are left out, not cut. */
  readonly noTruncate?: boolean;
  readonly maxOccur?: number;
  /** Of a structured value: so many of its components, the first ones. */
  readonly maxParts?: number;
}

export interface Abilities {
  /** By name in upper case; a property that is not in it does not exist for the device. Undefined: the device lists none, so it has all. */
  readonly properties?: ReadonlyMap<string, PropertyLimit>;
  /** What it was seen to write, for a device that lists no properties; undefined: what it leaves out it has taken away. */
  readonly seen?: Seen;
  /** Limits of properties a device has that lists none, or not this one. */
  readonly unlisted?: ReadonlyMap<string, PropertyLimit>;
  /** IANA name of the zone times in UTC are written in, for a device that cannot read UTC. */
  readonly localZone?: string;
  /** IANA name of the zone where it is known to be: its local times are of there, and its series are repeated on that clock. */
  readonly home?: string;
  /** Milliseconds since 1970, for phones whose times depend on the present day. */
  readonly now?: number;
  /** How it writes and reads times, by its profile. */
  readonly habits?: CalendarHabits;
  /** What its profile says besides. */
  readonly traits?: Traits;
  /** Of photos and logos; those beyond it go as smaller ones, or not at all. */
  readonly photo?: PhotoLimits;
  readonly logo?: PhotoLimits;
  /** Bytes of the largest sound; a larger one is left out. */
  readonly sound?: number;
  /** This item has no room for pictures and sounds. */
  readonly withoutMedia?: boolean;
  /** Smaller photos, as far as they are there. */
  readonly thinned?: ThinnedPhoto;
  /** Whether a picture that comes back is the one it was given. */
  readonly samePicture?: SamePicture;
  /** Something above changes what goes out. */
  readonly limits: boolean;
}

/** Component names stand among the properties of some phones. */
const FRAME: readonly string[] = ['BEGIN', 'END', 'VERSION'];

/** Where and when a device is, and which of its stores is meant. */
export interface Whereabouts {
  /** IANA name of the zone it is known to be in. */
  readonly home?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now?: number;
  /** The device's name of its store: since 1.2 each has property lists of its own. */
  readonly store?: string;
}

/**
 * @param devInf as it is believed, where the device has a profile.
 * @param zone where the device is taken to be, an IANA name; undefined: times stay as they are.
 * @returns undefined when the device says nothing that matters for items of this type.
 */
export function abilitiesFor(
  devInf: DevInf | undefined,
  mediaType: string,
  zone: string | undefined,
  traits: Traits = {},
  where: Whereabouts = {},
): Abilities | undefined {
  const type = normalizeMediaType(mediaType);
  const { home, now } = /calendar/.test(type) ? where : {};
  const local = isLocal(devInf, traits) ? zone : undefined;
  const listed = devInf && propertiesOf(capsOf(devInf, type, where.store));
  const unlisted = limitsOf(traits);
  const properties = listed && unlisted ? withParts(listed, unlisted) : listed;
  const isPeculiar = Object.values(traits).some((group) => group !== undefined);
  if (!properties && local === undefined && !isPeculiar && home === undefined) return undefined;
  const habits = habitsOf(traits);
  const photo = photoLimits(traits, limitIn(properties, unlisted, 'PHOTO'));
  const logo = photoLimits(traits, limitIn(properties, unlisted, 'LOGO'));
  const isLimited = [...(properties?.values() ?? [])].some(({ maxSize, maxOccur }) => maxSize !== undefined || maxOccur !== undefined);
  return {
    ...(properties ? { properties } : {}),
    ...(local === undefined ? {} : { localZone: local }),
    ...(home === undefined ? {} : { home }),
    ...(now === undefined ? {} : { now }),
    ...(habits ? { habits } : {}),
    ...(unlisted ? { unlisted } : {}),
    ...(photo ? { photo } : {}),
    ...(logo ? { logo } : {}),
    ...(isPeculiar ? { traits } : {}),
    limits: isLimited || local !== undefined || isPeculiar || home !== undefined,
  };
}

/** A device that knows no UTC: it says so, or its profile does. What was never said is not held against it. */
function isLocal(devInf: DevInf | undefined, { time }: Traits): boolean {
  if (time?.outgoing !== undefined) return time.outgoing === 'local';
  // What it takes for UTC is its local time.
  if (time?.incoming === 'local-digits') return true;
  // SyncML 1.0 has no UTC flag: its devices cannot say that they read UTC.
  return devInf !== undefined && devInf.verDtd !== '1.0' && devInf.utc !== true;
}

/** Components are no matter of device information. */
function withParts(
  listed: ReadonlyMap<string, PropertyLimit>,
  limits: ReadonlyMap<string, PropertyLimit>,
): ReadonlyMap<string, PropertyLimit> {
  return new Map([...listed].map(([name, limit]) => [name, { ...limit, ...pick(limits.get(name)?.maxParts) }]));
}
const pick = (maxParts: number | undefined): Pick<PropertyLimit, 'maxParts'> => (maxParts === undefined ? {} : { maxParts });

/** A size below this is a false claim, and no photo would ever fit. Bytes. @NOTE Nokia: 256 bytes for PHOTO. */
const LEAST_PHOTO = 1024;

/** By its profile, and by the size its device information has for the value, which is BASE64 in lines. */
function photoLimits({ fields }: Traits, listed: PropertyLimit | undefined): PhotoLimits | undefined {
  const { maxBytes, maxWidth, maxHeight, formats } = fields?.photo ?? {};
  const declared = listed?.maxSize !== undefined && listed.maxSize >= LEAST_PHOTO ? Math.floor(listed.maxSize * 0.7) : undefined;
  const bytes = Math.min(maxBytes ?? Infinity, declared ?? Infinity);
  if (bytes === Infinity && maxWidth === undefined && maxHeight === undefined && formats === undefined) return undefined;
  return {
    ...(bytes === Infinity ? {} : { maxBytes: bytes }),
    ...(maxWidth === undefined ? {} : { maxWidth }),
    ...(maxHeight === undefined ? {} : { maxHeight }),
    ...(formats === undefined ? {} : { formats }),
  };
}

/** The limits of a picture, by its property. */
export function pictureLimits({ photo, logo }: Abilities, name: string): PhotoLimits | undefined {
  if (name === 'PHOTO') return photo;
  return name === 'LOGO' ? logo : undefined;
}

const limitIn = (properties: Abilities['properties'], unlisted: Abilities['unlisted'], name: string): PropertyLimit | undefined =>
  properties ? properties.get(name) : unlisted?.get(name);

/** The limit a property has on the device. */
export const limitFor = ({ properties, unlisted }: Abilities, name: string): PropertyLimit | undefined =>
  limitIn(properties, unlisted, name);

function capsOf({ ctCaps, dataStores }: DevInf, type: string, uri: string | undefined): readonly CtCap[] {
  const ofType = (caps: readonly CtCap[] = []): readonly CtCap[] => caps.filter(({ ctType }) => normalizeMediaType(ctType) === type);
  // @NOTE a calendar and a store of tasks may take the same type, and hold other properties of it.
  const own = dataStores.filter(({ sourceRef }) => uri !== undefined && bare(sourceRef) === bare(uri)).flatMap((one) => ofType(one.ctCaps));
  return own.length > 0 ? own : [...ofType(ctCaps), ...dataStores.flatMap((one) => ofType(one.ctCaps))];
}

const bare = (name: string): string => name.replace(/^\.\//, '').toLowerCase();

function propertiesOf(caps: readonly CtCap[]): ReadonlyMap<string, PropertyLimit> | undefined {
  const properties = new Map<string, PropertyLimit>();
  for (const { name, size, maxSize = size, maxOccur, noTruncate } of caps.flatMap((cap) => cap.properties))
    // Size of 1.0 and 1.1 is MaxSize of 1.2.
    properties.set(name.toUpperCase(), {
      ...(maxSize === undefined || maxSize <= 0 ? {} : { maxSize }),
      ...(maxOccur === undefined || maxOccur <= 0 ? {} : { maxOccur }),
      ...(noTruncate ? { noTruncate } : {}),
    });
  // A list that names nothing but the frame is no list.
  return [...properties.keys()].some((name) => !FRAME.includes(name)) ? properties : undefined;
}
