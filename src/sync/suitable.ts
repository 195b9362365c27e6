/** Items that are not for a device: its store has no room for such entries, or no format that they could be written in. They stay here, and it keeps what it has. */
import { readable } from '../content/conversion/convert.js';
import { holdsKind, kindsHeld, namesFormat, type EntryKind } from '../content/conversion/device-store.js';
import type { PairRecord } from '../storage/ports/pairs.js';
import { rendered, type Rendering } from './rendering.js';
import { withoutRoom } from './room.js';
import type { SyncWork } from './work.js';

type Pair = Pick<PairRecord, 'clientUri'>;

/** What the device's store holds of events and tasks; undefined: both, or nobody knows. */
export const kindsFor = (work: SyncWork, { clientUri }: Pair): ReadonlySet<EntryKind> | undefined =>
  work.devInf && kindsHeld(work.devInf, clientUri);

/** Tasks are not for a store of events, whatever datastore it is paired with; see `kindsFor`. */
export function isOfKind(kinds: ReadonlySet<EntryKind>, type: string, stored: Uint8Array): boolean {
  const item = readable(stored, type);
  return item === undefined || holdsKind(kinds, item);
}

/** Has the device named the type that it is to get? */
export const isNamed = (work: SyncWork, { clientUri }: Pair, { type, format }: Rendering): boolean =>
  work.devInf === undefined || namesFormat(work.devInf, clientUri, type, format);

/** Could the device hold the item? What it could never get it cannot have left out of its set. */
export function couldHold(work: SyncWork, pair: Pair & Pick<PairRecord, 'open'>, type: string, stored: Uint8Array): boolean {
  const kinds = kindsFor(work, pair);
  return !(kinds && !isOfKind(kinds, type, stored)) && isNamed(work, pair, rendered(work, withoutRoom(pair), type, stored));
}
