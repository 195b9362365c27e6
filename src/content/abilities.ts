/** What a device can hold of an item, by its own device information. [DevInf 1.2, "CTCap", "MaxSize", "MaxOccur", "NoTruncate", "UTC"] */
import type { CtCap, DevInf } from '../model/devinf.js';
import type { CalendarHabits } from './habits.js';
import { normalizeMediaType } from './media-type.js';

export interface PropertyLimit {
  /** Bytes of the value. */
  readonly maxSize?: number;
  /** Longer values are left out, not cut. */
  readonly noTruncate?: boolean;
  readonly maxOccur?: number;
}

export interface Abilities {
  /** By name in upper case; a property that is not in it does not exist for the device. Undefined: the device lists none, so it has all. */
  readonly properties?: ReadonlyMap<string, PropertyLimit>;
  /** IANA name of the zone times in UTC are written in, for a device that cannot read UTC. */
  readonly localZone?: string;
  /** How it writes and reads times, by its profile. */
  readonly habits?: CalendarHabits;
  /** Something above changes what goes out. */
  readonly limits: boolean;
}

/** Component names stand among the properties of some phones. */
const FRAME: readonly string[] = ['BEGIN', 'END', 'VERSION'];

/**
 * @param zone where the device is, an IANA name; undefined: not known, times stay as they are.
 * @returns undefined when the device says nothing that matters for items of this type.
 */
export function abilitiesFor(devInf: DevInf | undefined, mediaType: string, zone: string | undefined): Abilities | undefined {
  if (!devInf) return undefined;
  const type = normalizeMediaType(mediaType);
  // SyncML 1.0 has no UTC flag: its devices cannot say that they read UTC.
  const local = devInf.verDtd !== '1.0' && devInf.utc !== true ? zone : undefined;
  const properties = propertiesOf(capsOf(devInf, type));
  if (!properties && local === undefined) return undefined;
  const isLimited = [...(properties?.values() ?? [])].some(({ maxSize, maxOccur }) => maxSize !== undefined || maxOccur !== undefined);
  return {
    ...(properties ? { properties } : {}),
    ...(local === undefined ? {} : { localZone: local }),
    limits: isLimited || local !== undefined,
  };
}

const capsOf = ({ ctCaps, dataStores }: DevInf, type: string): readonly CtCap[] =>
  [...(ctCaps ?? []), ...dataStores.flatMap((store) => store.ctCaps ?? [])].filter(({ ctType }) => normalizeMediaType(ctType) === type);

function propertiesOf(caps: readonly CtCap[]): ReadonlyMap<string, PropertyLimit> | undefined {
  const properties = new Map<string, PropertyLimit>();
  for (const { name, maxSize, maxOccur, noTruncate } of caps.flatMap((cap) => cap.properties))
    properties.set(name.toUpperCase(), {
      ...(maxSize === undefined || maxSize <= 0 ? {} : { maxSize }),
      ...(maxOccur === undefined || maxOccur <= 0 ? {} : { maxOccur }),
      ...(noTruncate ? { noTruncate } : {}),
    });
  // A list that names nothing but the frame is no list.
  return [...properties.keys()].some((name) => !FRAME.includes(name)) ? properties : undefined;
}
